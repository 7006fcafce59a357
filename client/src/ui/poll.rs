//! A question to everybody: the card in which each answers, staff sees it counted and closes it, and the form that opens one.

use egui::{Align, CornerRadius, Frame, Id, Key, Layout, Margin, Panel, Stroke, Ui};
use lectern_proto::control::RoomRequest;
use lectern_proto::limits::{POLL_ANSWERS_MAX, POLL_TEXT_MAX};

use super::command::{Command, Cx};
use super::icons::Icon;
use super::tokens::{Type, colors, radius, size, space};
use super::tools::is_staff;
use super::widgets::{Field, Look, Push, icon_ui, progress_ui, say, say_line};
use super::wishes::{Wish, Wishes};
use crate::class::{ClassState, PollState};

/// Width of the bar behind an answer.
const BAR: f32 = 160.0;
/// Answers that a new poll begins with.
const FIRST: usize = 2;

/// What the window remembers of polls.
#[derive(Debug, Default)]
pub(super) struct PollCard {
    form: Option<Form>,
    /// The closed poll that was read.
    put_away: Option<u32>,
}

#[derive(Debug)]
struct Form {
    question: String,
    answers: Vec<String>,
}

impl PollCard {
    /// Shows the form of a new poll, or hides it.
    pub(super) fn show_form(&mut self, shown: bool) {
        self.form = shown.then(|| Form { question: String::new(), answers: vec![String::new(); FIRST] });
    }

    /// A closed poll was read.
    pub(super) fn put_away(&mut self, poll: u32) {
        self.put_away = Some(poll);
    }

    /// Draws the form or the poll, below the header; nothing where there is none.
    pub(super) fn ui(&mut self, ui: &mut Ui, state: &ClassState, wishes: &Wishes, cx: &mut Cx<'_>) {
        let is_tool = |wish: Wish| wish == Wish::Tool;
        if wishes.has(is_tool) {
            let frame = Frame::new().inner_margin(Margin::symmetric(space::L as i8, space::S as i8));
            Panel::top("tool-refused").resizable(false).frame(frame).show(ui, |ui| wishes.refusals_ui(ui, state, is_tool, cx));
        }
        if let Some(form) = self.form.as_mut().filter(|_| is_staff(state)) {
            card(ui, "poll-form", |ui| form_ui(ui, form, cx));
        } else if let Some(poll) = state.tools.poll.as_ref().filter(|p| !p.closed || self.put_away != Some(p.poll.id)) {
            card(ui, "poll", |ui| poll_ui(ui, poll, is_staff(state), cx));
        }
    }
}

fn card(ui: &mut Ui, id: &'static str, content: impl FnOnce(&mut Ui)) {
    let c = colors(ui);
    let outer = Frame::new().fill(c.window).inner_margin(Margin::symmetric(space::L as i8, space::S as i8));
    Panel::top(id).resizable(false).frame(outer).show(ui, |ui| {
        let frame = Frame::new().fill(c.panel).stroke(Stroke::new(1.0, c.line)).corner_radius(CornerRadius::same(radius::CARD)).inner_margin(Margin::same(12));
        frame.show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = space::S;
            content(ui);
        });
    });
}

fn poll_ui(ui: &mut Ui, poll: &PollState, is_staff: bool, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.horizontal(|ui| {
        icon_ui(ui, Icon::Chart, size::ICON, c.accent);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if poll.closed {
                if ui.add(Push::icon(Icon::Close, &cx.text("poll-put-away")).small()).clicked() {
                    cx.push(Command::PutPollAway(poll.poll.id));
                }
            } else if is_staff && ui.add(Push::text(Look::Plain, &cx.text("poll-close")).small()).clicked() {
                cx.push(Command::Tool(RoomRequest::ClosePoll { poll: poll.poll.id }));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| say_line(ui, Type::Title, c.t1, poll.poll.question.as_str()));
        });
    });
    match &poll.counts {
        Some(counts) if is_staff || poll.closed => counts_ui(ui, poll, counts, cx),
        _ => answers_ui(ui, poll, cx),
    }
}

/// One button for each answer; the own one is selected, and pressed again taken back.
fn answers_ui(ui: &mut Ui, poll: &PollState, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.horizontal_wrapped(|ui| {
        for (at, answer) in (0_u8..).zip(&poll.poll.answers) {
            let is_mine = poll.yours == Some(at);
            if ui.add(Push::text(Look::Plain, answer).selected(is_mine)).clicked() {
                let answer = (!is_mine).then_some(at);
                cx.push(Command::Tool(RoomRequest::Vote { poll: poll.poll.id, answer }));
            }
        }
    });
    say(ui, Type::Small, c.t2, cx.text(if poll.yours.is_some() { "poll-answered" } else { "poll-hint" }));
}

/// How often each answer was given, as a bar of those who answered.
fn counts_ui(ui: &mut Ui, poll: &PollState, counts: &[u32], cx: &Cx<'_>) {
    let c = colors(ui);
    let all = counts.iter().fold(0_u32, |sum, n| sum.saturating_add(*n));
    for ((at, answer), count) in (0_u8..).zip(&poll.poll.answers).zip(counts) {
        ui.horizontal(|ui| {
            ui.set_max_height(Type::Body.line());
            ui.spacing_mut().interact_size.y = Type::Body.line();
            let share = if all == 0 { 0.0 } else { *count as f32 / all as f32 };
            let label = cx.strings.format("poll-count", &[("answer", answer.as_str().into()), ("n", (*count).into())]);
            progress_ui(ui, BAR, share, &label);
            say(ui, Type::MonoSmall, c.t1, count.to_string());
            say_line(ui, Type::Body, if poll.yours == Some(at) { c.accent } else { c.t1 }, answer.as_str());
        });
    }
    say(ui, Type::Small, c.t2, cx.strings.format(if poll.closed { "poll-closed" } else { "poll-open" }, &[("n", all.into())]));
}

fn form_ui(ui: &mut Ui, form: &mut Form, cx: &mut Cx<'_>) {
    let c = colors(ui);
    say_line(ui, Type::Title, c.t1, cx.text("room-poll"));
    Field::new(Id::unique("poll-question"), &cx.text("poll-question")).limit(POLL_TEXT_MAX / 4).show(ui, &mut form.question);
    for (n, answer) in form.answers.iter_mut().enumerate() {
        let label = cx.strings.format("poll-answer", &[("n", (n + 1).into())]);
        Field::new(Id::unique(("poll-answer", n)), &label).limit(POLL_TEXT_MAX / 4).show(ui, answer);
    }
    let is_given = |text: &&String| !text.trim().is_empty();
    let answers: Vec<String> = form.answers.iter().filter(is_given).map(|a| a.trim().to_owned()).collect();
    let is_ready = is_given(&&form.question) && answers.len() >= 2;
    ui.horizontal(|ui| {
        if ui.add(Push::text(Look::Primary, &cx.text("poll-ask")).enabled(is_ready)).clicked() {
            cx.push(Command::Tool(RoomRequest::OpenPoll { question: form.question.trim().to_owned(), answers: answers.clone() }));
            cx.push(Command::NewPoll(false));
        }
        if form.answers.len() < POLL_ANSWERS_MAX && ui.add(Push::text(Look::Plain, &cx.text("poll-more"))).clicked() {
            form.answers.push(String::new());
        }
        if ui.add(Push::text(Look::Plain, &cx.text("common-cancel"))).clicked() || ui.input(|i| i.key_pressed(Key::Escape)) {
            cx.push(Command::NewPoll(false));
        }
    });
}
