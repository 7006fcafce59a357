//! Why something about rooms or accounts was not done.

use super::super::manage::ManageError;
use super::super::strings::Strings;
use super::joining::{account_refusal, password_error};
use super::refused::because;
use super::system;
use crate::account::AccountError;

/// What happened, why, and what to do.
#[must_use]
pub(crate) fn manage_error(strings: &Strings, why: &ManageError) -> String {
    match why {
        ManageError::Room(why) => strings.format("refused-tool", &[("why", because(strings, *why).into())]),
        ManageError::Account(AccountError::Refused(why)) => strings.text(account_refusal(*why)),
        ManageError::Account(AccountError::Password(why)) => strings.text(password_error(why)),
        ManageError::Account(AccountError::NotConnected) => strings.text("manage-not-connected"),
        ManageError::File { path, why } => strings.format("manage-file", &[("path", path.display().to_string().into()), ("why", system(strings, why).into())]),
        ManageError::NotForgotten(why) => strings.format("manage-not-forgotten", &[("why", system(strings, why).into())]),
    }
}
