//! All accounts, for instructors: who has which role, and another one.

use egui::{Align, Id, Layout, Popup, Rect, RectAlign, ScrollArea, Ui, UiBuilder};
use lectern_proto::control::{AccountInfo, Role};

use super::super::command::Cx;
use super::super::dates;
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, size, space};
use super::super::widgets::{Choice, End, Look, Push, Search, avatar_ui, rows_ui, say, say_line, spinner_ui};
use super::{Manage, ManageCommand, ManageWish, push, role_key};

/// Height of the list.
const LIST: f32 = 360.0;
/// Width of the menu of roles.
const MENU: f32 = 176.0;
/// Most characters that are looked for.
const WORDS_MAX: usize = 64;
/// Roles that an account may have.
const ROLES: [Role; 3] = [Role::Student, Role::Assistant, Role::Instructor];

/// Draws the page.
pub(super) fn accounts_ui(ui: &mut Ui, manage: &mut Manage, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let (label, clear) = (cx.text("manage-accounts-search"), cx.text("manage-accounts-clear"));
    let end = if manage.words.is_empty() { End::Nothing } else { End::Close(&clear) };
    let field = Search { id: Id::unique("manage-accounts-search"), label: &label, width: ui.available_width(), limit: WORDS_MAX, end };
    if field.show(ui, &mut manage.words).ended {
        manage.words.clear();
    }
    manage.problem_ui(ui, |wish| matches!(wish, ManageWish::Accounts | ManageWish::SetRole { .. }), cx);
    let Some(accounts) = &manage.accounts else {
        if manage.is_waiting(|wish| *wish == ManageWish::Accounts) {
            ui.horizontal(|ui| {
                spinner_ui(ui, size::ICON, c.accent);
                say(ui, Type::Body, c.t2, cx.text("manage-asking"));
            });
        }
        return;
    };
    let words = manage.words.trim().to_lowercase();
    let found: Vec<_> = accounts.iter().filter(|a| a.name.to_lowercase().contains(&words)).collect();
    if found.is_empty() {
        say(ui, Type::Body, c.t2, cx.text(if accounts.is_empty() { "manage-accounts-none" } else { "manage-accounts-not-found" }));
        return;
    }
    let waits = manage.is_waiting(|wish| matches!(wish, ManageWish::SetRole { .. }));
    let height = (size::PRIMARY * found.len() as f32).min(LIST);
    ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        rows_ui(ui, ScrollArea::vertical().max_height(height), size::PRIMARY, 0.0, found.len(), |ui, i, place| {
            if let Some(account) = found.get(i) {
                row_ui(ui, place, account, waits, cx);
            }
        });
    });
}

fn row_ui(ui: &mut Ui, rect: Rect, account: &AccountInfo, waits: bool, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let builder = UiBuilder::new().id_salt(&account.name).max_rect(rect).layout(Layout::left_to_right(Align::Center));
    let mut ui = ui.new_child(builder);
    ui.spacing_mut().item_spacing.x = space::S;
    avatar_ui(&mut ui, &account.name, 24.0, account.role == Role::Instructor);
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        role_ui(ui, account, waits, cx);
        let day = u64::try_from(account.made_at).ok().and_then(|s| dates::day(cx.strings, s)).unwrap_or_default();
        let about = cx.strings.format("manage-account-about", &[("day", day.into()), ("n", account.sessions.into())]);
        say(ui, Type::Small, c.t3, about);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| say_line(ui, Type::Control, c.t1, account.name.as_str()));
    });
}

fn role_ui(ui: &mut Ui, account: &AccountInfo, waits: bool, cx: &mut Cx<'_>) {
    let id = ui.scope_id().with("role");
    let role = cx.text(role_key(account.role));
    let label = cx.strings.format("manage-account-role", &[("name", account.name.as_str().into()), ("role", role.as_str().into())]);
    let open = Popup::is_id_open(ui.ctx(), id);
    let button = ui.add(Push::text(Look::Plain, &role).with_icon(Icon::Down).small().selected(open).enabled(!waits).named(&label));
    Popup::menu(&button).id(id).align(RectAlign::BOTTOM_END).gap(space::XS).width(MENU).show(|ui| {
        ui.set_width(MENU);
        ui.spacing_mut().item_spacing.y = 0.0;
        for other in ROLES {
            let chosen = other == account.role;
            if (Choice { name: &cx.text(role_key(other)), note: "", right: "", chosen, mono: false }).show(ui) {
                // A click closes it by itself, a key does not.
                ui.close();
                if !chosen {
                    push(cx, ManageCommand::Ask(ManageWish::SetRole { account: account.name.clone(), role: other }));
                }
            }
        }
    });
}
