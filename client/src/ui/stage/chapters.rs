//! The chapters of a video: which one a place belongs to, the way from one to the next, and the menu of them.

use egui::{Popup, ScrollArea, Ui};
use lectern_proto::manifest::Chapter;

use super::super::command::{Command, Cx};
use super::super::format;
use super::super::icons::Icon;
use super::super::widgets::{Choice, Push};
use super::menu::menu_ui;
use crate::player::PlayerStatus;

/// Width of the menu, and where it begins to scroll.
const WIDTH: f32 = 320.0;
const HEIGHT: f32 = 288.0;
/// Who goes back within so much of a chapter's start means the chapter before.
const START_US: u64 = 3_000_000;

/// The chapter that a place belongs to; none before the first.
pub(super) fn at(chapters: &[Chapter], position_us: u64) -> Option<usize> {
    chapters.partition_point(|c| c.start_us <= position_us).checked_sub(1)
}

/// Where the next chapter starts, or this one; the one before when this has only begun. None: there is no such chapter.
pub(super) fn step(chapters: &[Chapter], position_us: u64, forward: bool) -> Option<u64> {
    let after = chapters.partition_point(|c| c.start_us <= position_us);
    let target = if forward {
        chapters.get(after)
    } else {
        let begun = chapters.partition_point(|c| c.start_us.saturating_add(START_US) <= position_us);
        chapters.get(begun.max(1) - 1).filter(|c| c.start_us <= position_us)
    };
    target.map(|c| c.start_us)
}

/// What the file calls a chapter, or its number.
pub(super) fn title(chapters: &[Chapter], number: usize, cx: &Cx<'_>) -> String {
    let title = chapters.get(number).map(|c| c.title.clone()).filter(|t| !t.is_empty());
    title.unwrap_or_else(|| cx.strings.format("stage-chapter-number", &[("n", (number + 1).into())]))
}

/// The button and, when it was pressed, the menu above it.
pub(super) fn chapters_ui(ui: &mut Ui, status: &PlayerStatus, cx: &mut Cx<'_>) {
    let chapters = &status.details.chapters;
    let now = at(chapters, status.position_us);
    let label = match now {
        Some(n) => cx.strings.format("stage-chapter-now", &[("title", title(chapters, n, cx).into())]),
        None => cx.text("stage-chapters"),
    };
    let id = ui.scope_id().with("chapters");
    let open = Popup::is_id_open(ui.ctx(), id);
    let button = ui.add(Push::icon(Icon::Chapters, &label).selected(open));
    menu_ui(&button, id, WIDTH, &cx.text("stage-chapters"), |ui| {
        ScrollArea::vertical().max_height(HEIGHT).show(ui, |ui| {
            for (number, chapter) in chapters.iter().enumerate() {
                let name = title(chapters, number, cx);
                let start = format::position(chapter.start_us, status.duration_us);
                if (Choice { name: &name, note: "", right: &start, chosen: now == Some(number), mono: false }).show(ui) {
                    cx.push(Command::Seek { position_us: chapter.start_us });
                }
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_chapter_to_chapter() {
        const S: u64 = 1_000_000;
        let chapters: Vec<_> = [0, 60, 62, 100].map(|s| Chapter { start_us: s * S, title: String::new() }).into();
        let check = |at_s: u64, here: Option<usize>, back: Option<u64>, on: Option<u64>| {
            let position = at_s * S;
            let steps = [false, true].map(|forward| step(&chapters, position, forward).map(|us| us / S));
            assert_eq!((at(&chapters, position), steps[0], steps[1]), (here, back, on), "at {at_s} s");
        };
        check(0, Some(0), Some(0), Some(60));
        check(2, Some(0), Some(0), Some(60));
        check(59, Some(0), Some(0), Some(60));
        check(61, Some(1), Some(0), Some(62));
        check(63, Some(2), Some(60), Some(100));
        check(70, Some(2), Some(62), Some(100));
        check(101, Some(3), Some(62), None);
        check(200, Some(3), Some(100), None);
        assert_eq!((at(&[], 5), step(&[], 5, true), step(&[], 5, false)), (None, None, None));
        let late = [Chapter { start_us: 9 * S, title: String::new() }];
        assert_eq!((at(&late, 0), step(&late, 0, true)), (None, Some(9 * S)));
        assert_eq!(step(&late, 0, false), None);
    }
}
