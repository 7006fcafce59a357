//! Access codes for guests, for the instructor: the list of those that are good, and a new one as it is typed, as a picture that phones read
//! and as the link that holds it. A new one is shown until it is put away, by who made it.

use egui::{Frame, Margin, Panel, Rect, ScrollArea, Ui, Vec2};
use lectern_proto::control::{CodeInfo, RoomRequest};
use lectern_proto::link::JoinLink;

use super::board::{Code, code_ui};
use super::command::{Command, Cx};
use super::dates;
use super::icons::Icon;
use super::tokens::{Type, colors, space};
use super::widgets::{Look, Push, say, say_line};
use crate::class::ClassState;

/// Edge of the picture.
const PICTURE: f32 = 176.0;
/// The list is no higher; it is scrolled then.
const LIST: f32 = 160.0;
/// What the window makes: for a day, for a class.
const FOR_S: u32 = 86_400;
const USES: u32 = 30;

/// The code that is shown with its picture, and whether all are listed.
#[derive(Debug, Default)]
pub(super) struct CodeCard {
    picture: Option<(u64, Option<Code>)>,
    put_away: Option<u64>,
    listed: bool,
}

impl CodeCard {
    /// It was read.
    pub(super) fn put_away(&mut self, number: u64) {
        self.put_away = Some(number);
        self.picture = None;
    }

    /// Lists all codes, or does not any more.
    pub(super) fn list(&mut self, listed: bool) {
        self.listed = listed;
    }

    /// Draws the card, below the header; nothing where there is no new code and none is listed.
    pub(super) fn ui(&mut self, ui: &mut Ui, state: &ClassState, link: &JoinLink, cx: &mut Cx<'_>) {
        let made = state.tools.made.as_ref().filter(|(_, info)| self.put_away != Some(info.code));
        if made.is_none() && !self.listed {
            return;
        }
        let c = colors(ui);
        let frame = Frame::new().fill(c.panel).inner_margin(Margin::symmetric(space::L as i8, space::M as i8));
        Panel::top("access-code").resizable(false).frame(frame).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::S;
            if let Some((code, info)) = made {
                self.made_ui(ui, (code, info), link, cx);
            }
            if self.listed {
                list_ui(ui, &state.tools.codes, cx);
            }
        });
    }

    fn made_ui(&mut self, ui: &mut Ui, (code, info): (&str, &CodeInfo), link: &JoinLink, cx: &mut Cx<'_>) {
        let c = colors(ui);
        let video = info.video.as_ref().map(|v| v.0.clone());
        let link = JoinLink { key: None, code: Some(code.to_owned()), video, ..link.clone() }.to_string();
        if self.picture.as_ref().is_none_or(|(number, _)| *number != info.code) {
            self.picture = Some((info.code, Code::of(&link)));
        }
        ui.horizontal(|ui| {
            let (place, _) = ui.allocate_exact_size(Vec2::splat(PICTURE), egui::Sense::hover());
            let picture = self.picture.as_ref().and_then(|(_, picture)| picture.as_ref());
            code_ui(ui, Rect::from_min_size(place.min, place.size()), picture, cx.strings);
            ui.add_space(space::L);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = space::S;
                say_line(ui, Type::Title, c.t1, cx.text("code-title"));
                say(ui, Type::Mono, c.t1, code);
                let hours = info.expires_s.saturating_sub(info.made_s).max(0) / 3_600;
                say(ui, Type::Body, c.t2, cx.strings.format("code-good", &[("hours", hours.into()), ("n", info.uses.into())]));
                ui.horizontal(|ui| {
                    if ui.add(Push::text(Look::Plain, &cx.text("code-copy")).with_icon(Icon::Link)).clicked() {
                        cx.push(Command::Copy(link.clone()));
                    }
                    if ui.add(Push::text(Look::Plain, &cx.text("code-revoke"))).clicked() {
                        revoke(info.code, self.listed, cx);
                        cx.push(Command::PutCodeAway(info.code));
                    }
                    if ui.add(Push::text(Look::Primary, &cx.text("code-put-away"))).clicked() {
                        cx.push(Command::PutCodeAway(info.code));
                    }
                });
            });
        });
    }
}

/// All that are good, each with a way to end it; a new one is made here.
fn list_ui(ui: &mut Ui, codes: &[CodeInfo], cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.horizontal(|ui| {
        say_line(ui, Type::Control, c.t1, cx.text("code-list"));
        if ui.add(Push::text(Look::Plain, &cx.text("code-new")).small()).clicked() {
            cx.push(Command::Tool(RoomRequest::MakeCode { for_s: FOR_S, uses: USES, video: None }));
        }
        if ui.add(Push::text(Look::Plain, &cx.text("common-close")).small()).clicked() {
            cx.push(Command::Codes(false));
        }
    });
    if codes.is_empty() {
        say(ui, Type::Body, c.t2, cx.text("code-none"));
        return;
    }
    ScrollArea::vertical().auto_shrink([false, true]).min_scrolled_height(LIST).max_height(LIST).show(ui, |ui| {
        for info in codes {
            ui.horizontal(|ui| {
                let day = u64::try_from(info.expires_s).ok().and_then(|s| dates::day(cx.strings, s)).unwrap_or_default();
                let values = [("number", info.code.into()), ("used", info.used.into()), ("uses", info.uses.into()), ("day", day.into())];
                say(ui, Type::Body, c.t2, cx.strings.format("code-line", &values));
                if ui.add(Push::text(Look::Plain, &cx.strings.format("code-revoke-one", &[("number", info.code.into())])).small()).clicked() {
                    revoke(info.code, true, cx);
                }
            });
        }
    });
}

fn revoke(code: u64, listed: bool, cx: &mut Cx<'_>) {
    cx.push(Command::Tool(RoomRequest::RevokeCode { code }));
    if listed {
        cx.push(Command::Codes(true));
    }
}
