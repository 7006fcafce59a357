//! The servers of this network as cards, and the networks that they are looked for on.

use egui::{Align, Align2, Layout, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, pos2, vec2};
use lectern_proto::beacon::Rooms;
use lectern_proto::words::CheckWords;

use super::super::command::{Command, Cx};
use super::super::dates;
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, radius, space};
use super::super::widgets::{Tone, badge_ui, focus_ring, say, say_line};
use super::chosen::Chosen;
use crate::connect::known::{KnownServers, Trust};
use crate::discover::{Found, NetworkKind, Seen};

const CARD: f32 = 72.0;
/// Narrower cards have words and address below the rest.
const ROOMY: f32 = 520.0;
/// Height of a card then.
const CARD_TALL: f32 = 116.0;
/// Edge of the square with the icon.
const TILE: f32 = 40.0;
/// A check-word has 3 to 8 letters.
const WORD: egui::Vec2 = vec2(72.0, 20.0);
/// Width of three of them.
const WORDS: f32 = 3.0 * WORD.x + 2.0 * space::XS;
/// Heights of the two lines on either side.
const ABOUT: f32 = 20.0 + 2.0 + 16.0;
const PROOF: f32 = WORD.y + space::XS + 16.0;

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
    let roomy = ui.available_width() >= ROOMY;
    let height = if roomy { CARD } else { CARD_TALL };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click());
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
    let inner = rect.shrink2(vec2(space::L, space::M));
    let tile = Rect::from_min_size(inner.min + vec2(0.0, ((CARD - TILE) / 2.0) - space::M), vec2(TILE, TILE));
    let (icon, ground, ink) = match (trust, is_chosen) {
        (Trust::Changed { .. }, _) => (Icon::Octagon, c.bad_tint, c.bad),
        (_, true) => (Icon::Server, c.accent_fill, c.on_fill),
        (_, false) => (Icon::Server, c.active, c.t2),
    };
    ui.painter().rect_filled(tile, f32::from(radius::CONTROL), ground);
    icon.paint(ui.painter(), tile.shrink(10.0), ink);
    let beside = Rect::from_min_max(pos2(tile.right() + space::M, inner.top()), inner.max);
    let (about, proof) = match roomy {
        true => beside.split_left_right_at_x(beside.right() - WORDS),
        false => beside.split_top_bottom_at_y(beside.top() + CARD - 2.0 * space::M),
    };
    let about = if roomy { about.with_max_x(about.right() - space::M) } else { about };
    // Children of their own: what is drawn in them does not move the next card. Two lines each, in the middle of the card.
    let middle = |rect: Rect, lines: f32| rect.with_min_y(rect.top() + (CARD - 2.0 * space::M - lines) / 2.0);
    let about = UiBuilder::new().id_salt("about").max_rect(middle(about, ABOUT)).layout(Layout::top_down(Align::Min));
    about_ui(&mut ui.new_child(about), found, trust, cx);
    let layout = Layout::top_down(if roomy { Align::Max } else { Align::Min });
    let proof = UiBuilder::new().id_salt("proof").max_rect(if roomy { middle(proof, PROOF) } else { proof }).layout(layout);
    proof_ui(&mut ui.new_child(proof), found, is_chosen, cx);
    let label = cx.strings.format("join-choose", &[("name", found.name.as_str().into()), ("address", first(found).into())]);
    response.widget_info(|| egui::WidgetInfo::selected(egui::accesskit::Role::Button, true, is_chosen, &label));
    response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked()
}

/// Its name, what is known of it, and its rooms.
fn about_ui(ui: &mut Ui, found: &Found, trust: Trust, cx: &Cx<'_>) {
    let c = colors(ui);
    ui.spacing_mut().item_spacing.y = 2.0;
    let on = |since: Option<u64>| since.and_then(|s| dates::day(cx.strings, s));
    let dated = |since, plain: &str, dated: &str| match on(since) {
        Some(day) => cx.strings.format(dated, &[("day", day.into())]),
        None => cx.text(plain),
    };
    let (tone, icon, badge) = match trust {
        Trust::New => (Tone::Accent, None, cx.text("join-trust-new")),
        Trust::Known { since } => (Tone::Good, Some(Icon::Shield), dated(since, "join-trust-known", "join-trust-known-since")),
        Trust::Changed { .. } => (Tone::Bad, None, cx.text("join-trust-changed")),
    };
    ui.spacing_mut().interact_size.y = Type::Title.line();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        // A name of any length leaves the badge its place.
        let of_badge = ui.painter().layout_no_wrap(badge.clone(), Type::Caption.font(), c.t1).size().x + space::XXL;
        let left = (ui.available_width() - of_badge - space::S).max(space::XXXL);
        ui.scope(|ui| {
            ui.set_max_width(left);
            say_line(ui, Type::Title, c.t1, found.name.as_str());
        });
        badge_ui(ui, tone, icon, &badge);
    });
    let about = match trust {
        Trust::Changed { since } => dated(since, "join-not-that-server", "join-not-that-server-since"),
        _ => rooms(&found.rooms, cx),
    };
    say_line(ui, Type::Small, c.t2, about);
}

/// `Room net-2b`, `Rooms net-2b, net-2c and 3 more`.
fn rooms(rooms: &Rooms, cx: &Cx<'_>) -> String {
    let names: Vec<_> = rooms.names().collect();
    let words = [("rooms", names.join(", ").into()), ("n", names.len().into()), ("more", rooms.left_out().into())];
    cx.strings.format(if rooms.left_out() > 0 { "join-rooms-more" } else { "join-rooms" }, &words)
}

/// Words and address.
fn proof_ui(ui: &mut Ui, found: &Found, is_chosen: bool, cx: &Cx<'_>) {
    let c = colors(ui);
    ui.spacing_mut().item_spacing.y = space::XS;
    match &found.words {
        Some(words) => words_ui(ui, words, is_chosen),
        None => drop(say_line(ui, Type::Small, c.t3, cx.text("join-words-computing"))),
    }
    let address = match found.round_trip {
        Some(took) => format!("{} · {}", first(found), super::super::format::milliseconds(took)),
        None => first(found),
    };
    say_line(ui, Type::MonoSmall, c.t3, address);
}

/// The three words on chips; a screen reader hears them as one line.
fn words_ui(ui: &mut Ui, words: &CheckWords, is_chosen: bool) {
    let c = colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(WORDS, WORD.y), Sense::hover());
    for (i, word) in words.words().into_iter().enumerate() {
        let chip = Rect::from_min_size(rect.min + vec2(i as f32 * (WORD.x + space::XS), 0.0), WORD);
        ui.painter().rect_filled(chip, f32::from(radius::CHIP), if is_chosen { c.window } else { c.hover });
        ui.painter().text(chip.center(), Align2::CENTER_CENTER, word, Type::MonoSmall.font(), c.t1);
    }
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, words.words().join(" ")));
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
