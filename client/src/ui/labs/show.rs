//! A simulation that everybody watches: who may shows what is on the own screen, and all others follow it, until they would rather look on
//! their own.

use std::time::{Duration, Instant};

use egui::Ui;
use lectern_proto::control::{LabRequest, Show};
use lectern_proto::lab::arq::{Scenario, export};
use lectern_proto::limits::LAB_SHOW_EVENTS;
use lectern_proto::rights::Action;
use lectern_proto::timeline::RATE_NORMAL;
use std::sync::Arc;

use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::widgets::{Look, Push, Tone, notice_with_ui};
use super::InClass;
use super::arq::Lab;
use crate::lab::work::LabWish;

/// What is moved by hand is told so often at most.
const STEER_EVERY: Duration = Duration::from_millis(150);
/// What is changed is shown so often at most: a slider that is drawn changes much.
const SHOW_EVERY: Duration = Duration::from_millis(500);

/// How this window takes part in what is shown.
#[derive(Debug, Default)]
pub(super) struct Watching {
    /// The show that the lab was set to.
    followed: Option<Arc<Show>>,
    /// This person looks at something else.
    is_away: bool,
    /// What was told last of where it is, and when.
    steered: Option<((u64, u32), Instant)>,
    /// What this person showed last, and when.
    shown: Option<(Scenario, Instant)>,
}

impl Watching {
    /// Sets the lab to what is shown; who shows it is the one who moves it.
    pub(super) fn follow(&mut self, ui: &Ui, lab: &mut Lab, class: Option<InClass<'_>>, cx: &mut Cx<'_>) {
        let show = class.and_then(|class| class.state.labs.show.clone().map(|show| (show, class)));
        let Some((show, class)) = show else {
            // What was shown just now may not have reached the server yet.
            *self = Self { shown: self.shown.take(), ..Self::default() };
            return;
        };
        let is_mine = is_mine(&show, class);
        let is_same = |followed: &Arc<Show>| followed.run == show.run;
        if !self.followed.as_ref().is_some_and(is_same) {
            // What one shows oneself is on the screen already.
            if !is_mine && let Ok(scenario) = export::from_json_within(&show.run, LAB_SHOW_EVENTS) {
                lab.set(scenario);
            }
            (self.is_away, self.steered) = (false, None);
        }
        self.followed = Some(Arc::clone(&show));
        if is_mine {
            // Another protocol, another seed, a packet that is killed: the others see it, too.
            match &self.shown {
                Some((before, _)) if before == lab.scenario() => self.steer(ui, lab, cx),
                Some((_, at)) if at.elapsed() < SHOW_EVERY => ui.ctx().request_repaint_after(SHOW_EVERY),
                _ => self.show_it(lab, cx),
            }
        } else if !self.is_away {
            let now_us = class.state.labs.now_us().unwrap_or(show.timeline.at_us);
            lab.look_at(Duration::from_micros(show.timeline.position(now_us)));
            if show.timeline.is_moving() && lab.time < lab.end() {
                ui.ctx().request_repaint();
            }
        }
    }

    /// Has the others shown what is here.
    fn show_it(&mut self, lab: &Lab, cx: &mut Cx<'_>) {
        (self.shown, self.steered) = (Some((lab.scenario().clone(), Instant::now())), None);
        // What cannot be shown is refused by the server, with words.
        if let Ok(run) = export::to_json(lab.scenario()) {
            cx.push(Command::Lab(LabWish::Ask(LabRequest::Show { run })));
        }
    }

    /// Tells the others where the one who shows is.
    fn steer(&mut self, ui: &Ui, lab: &Lab, cx: &mut Cx<'_>) {
        let rate = if lab.is_playing { (lab.speed() * f64::from(RATE_NORMAL)).round().clamp(1.0, 10.0 * f64::from(RATE_NORMAL)) as u32 } else { 0 };
        let now = (u64::try_from(lab.time.as_micros()).unwrap_or(u64::MAX), rate);
        let is_news = match self.steered {
            Some(((position, before), at)) if before == rate => {
                // While it plays, the others go on by themselves.
                let passed = u64::try_from(at.elapsed().as_micros()).unwrap_or(u64::MAX).saturating_mul(rate.into()) / u64::from(RATE_NORMAL);
                let off = now.0.abs_diff(position.saturating_add(passed));
                let least = if rate > 0 { u64::try_from(lab.end().as_micros()).unwrap_or(u64::MAX) / 50 } else { 0 };
                off > least
            }
            _ => true,
        };
        if is_news && self.steered.is_some_and(|(_, at)| at.elapsed() < STEER_EVERY) {
            ui.ctx().request_repaint_after(STEER_EVERY);
        } else if is_news {
            self.steered = Some((now, Instant::now()));
            cx.push(Command::Lab(LabWish::Ask(LabRequest::Steer { position_us: now.0, rate_permille: rate })));
        }
    }

    /// Says what is shown and by whom, and lets it be ended, begun, or left alone.
    pub(super) fn ui(&mut self, ui: &mut Ui, lab: &Lab, class: InClass<'_>, cx: &mut Cx<'_>) {
        let may_show = class.state.may(Action::Moderate);
        match &class.state.labs.show {
            Some(show) if is_mine(show, class) => {
                notice_with_ui(ui, Tone::Accent, Icon::Projector, &cx.text("show-mine"), |ui| {
                    if ui.add(Push::text(Look::Plain, &cx.text("show-end")).small()).clicked() {
                        cx.push(Command::Lab(LabWish::Ask(LabRequest::EndShow)));
                    }
                });
            }
            Some(show) => {
                // Who began it may have left since.
                let name = class.state.name_of(show.by).map_or_else(|| cx.text("show-somebody"), str::to_owned);
                let key = if self.is_away { "show-away" } else { "show-theirs" };
                notice_with_ui(ui, Tone::Accent, Icon::Projector, &cx.strings.format(key, &[("name", name.into())]), |ui| {
                    if may_show {
                        if ui.add(Push::text(Look::Plain, &cx.text("show-end")).small()).clicked() {
                            cx.push(Command::Lab(LabWish::Ask(LabRequest::EndShow)));
                        }
                        if ui.add(Push::text(Look::Plain, &cx.text("show-instead")).small()).clicked() {
                            self.show_it(lab, cx);
                        }
                    }
                    let label = cx.text(if self.is_away { "show-follow" } else { "show-leave" });
                    if ui.add(Push::text(Look::Plain, &label).small()).clicked() {
                        self.is_away = !self.is_away;
                        if !self.is_away {
                            self.followed = None;
                        }
                    }
                });
            }
            None if may_show => {
                notice_with_ui(ui, Tone::Accent, Icon::Projector, &cx.text("show-offer"), |ui| {
                    if ui.add(Push::text(Look::Plain, &cx.text("show-begin")).small()).clicked() {
                        self.show_it(lab, cx);
                    }
                });
            }
            None => {}
        }
    }
}

fn is_mine(show: &Show, class: InClass<'_>) -> bool {
    class.state.me.as_ref().is_some_and(|me| me.id == show.by)
}
