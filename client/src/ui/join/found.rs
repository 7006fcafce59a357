//! The servers of this network as cards, and the networks that they are looked for on.

use egui::{Align, Layout, Sense, Stroke, StrokeKind, Ui, UiBuilder, vec2};

use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, radius, space};
use super::super::widgets::{Tone, badge_ui, focus_ring, icon_ui, say, say_line};
use super::chosen::Chosen;
use crate::connect::known::{KnownServers, Trust};
use crate::discover::{Found, NetworkKind, Seen};

const CARD: f32 = 72.0;

/// Draws the list; a click chooses.
pub(super) fn found_ui(ui: &mut Ui, seen: &Seen, known: &KnownServers, chosen: Option<&Chosen>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.horizontal(|ui| {
        say(ui, Type::Control, c.t1, cx.text("join-found"));
        say(ui, Type::Body, c.t3, cx.strings.format("join-found-count", &[("n", seen.found.len().into())]));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            say(ui, Type::Small, c.t3, cx.text("join-looking"));
        });
    });
    for found in &seen.found {
        let trust = known.trust(&found.name, &[], &found.fingerprint);
        let is_chosen = chosen.is_some_and(|c| c.is(found));
        if card_ui(ui, found, trust, is_chosen, cx) {
            cx.push(Command::Choose(Box::new(Chosen::found(found, trust))));
        }
    }
    if seen.found.is_empty() {
        say(ui, Type::Body, c.t2, cx.text("join-found-none"));
    }
    ui.add_space(space::M);
}

fn card_ui(ui: &mut Ui, found: &Found, trust: Trust, is_chosen: bool, cx: &Cx<'_>) -> bool {
    let c = colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), CARD), Sense::click());
    let fill = if is_chosen {
        c.accent_tint
    } else if response.hovered() {
        c.hover
    } else {
        c.panel
    };
    let line = if is_chosen { Stroke::new(2.0, c.accent) } else { Stroke::new(1.0, c.line) };
    ui.painter().rect(rect, f32::from(radius::CARD), fill, line, StrokeKind::Inside);
    focus_ring(ui, rect, radius::CARD, &response);
    let inner = UiBuilder::new().max_rect(rect.shrink2(vec2(space::L, space::M))).layout(Layout::left_to_right(Align::Center));
    ui.scope_builder(inner, |ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let (icon, ink) = if matches!(trust, Trust::Changed { .. }) { (Icon::Octagon, c.bad) } else { (Icon::Server, if is_chosen { c.accent } else { c.t2 }) };
        icon_ui(ui, icon, 24.0, ink);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.allocate_ui(vec2(230.0, CARD - 2.0 * space::M), |ui| right_ui(ui, found, cx));
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = space::S;
                    say(ui, Type::Title, c.t1, found.name.as_str());
                    let (tone, icon, key) = match trust {
                        Trust::New => (Tone::Accent, None, "join-trust-new"),
                        Trust::Known { .. } => (Tone::Good, Some(Icon::Shield), "join-trust-known"),
                        Trust::Changed { .. } => (Tone::Bad, None, "join-trust-changed"),
                    };
                    badge_ui(ui, tone, icon, &cx.text(key));
                });
                let about = match trust {
                    Trust::Changed { .. } => cx.text("join-not-that-server"),
                    _ => cx.strings.format("join-room", &[("room", found.room.as_str().into())]),
                };
                say_line(ui, Type::Small, c.t2, about);
            });
        });
    });
    let label = cx.strings.format("join-choose", &[("name", found.name.as_str().into()), ("address", first(found).into())]);
    response.widget_info(|| egui::WidgetInfo::selected(egui::accesskit::Role::Button, true, is_chosen, &label));
    response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked()
}

/// Words and address.
fn right_ui(ui: &mut Ui, found: &Found, cx: &Cx<'_>) {
    let c = colors(ui);
    ui.with_layout(Layout::top_down(Align::Max), |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        let words = found.words.map_or_else(|| cx.text("join-words-computing"), |w| w.words().join("   "));
        say_line(ui, Type::Mono, c.t1, words);
        let address = match found.round_trip {
            Some(took) => format!("{} · {}", first(found), super::super::format::milliseconds(took)),
            None => first(found),
        };
        say_line(ui, Type::MonoSmall, c.t3, address);
    });
}

fn first(found: &Found) -> String {
    found.hosts.first().cloned().unwrap_or_default()
}

/// The networks of this machine in the foot of the window.
pub(super) fn networks_ui(ui: &mut Ui, seen: &Seen, cx: &Cx<'_>) {
    let c = colors(ui);
    for network in seen.networks.iter().filter(|n| n.address.is_ipv4()).take(3) {
        let key = match network.kind {
            NetworkKind::Wireless => "network-wireless",
            NetworkKind::Vpn => "network-vpn",
            NetworkKind::Wired | NetworkKind::Loopback => "network-wired",
        };
        say(ui, Type::Small, c.t2, cx.text(key)).on_hover_text(&network.name);
        say(ui, Type::MonoSmall, c.t1, network.address.to_string());
    }
}
