//! What the class says to the forms of rooms and accounts.

use lectern::ui::manage::{ManageError, ManageWish, Managed, Managing};

use super::{Call, Fake};

/// The answer to one wish.
struct Answer(Result<Managed, ManageError>);

impl Managing for Answer {
    fn outcome(&self) -> Option<Result<Managed, ManageError>> {
        Some(self.0.clone())
    }
}

pub fn manage(fake: &Fake, wish: ManageWish) -> Box<dyn Managing> {
    fake.note(Call::Manage(wish));
    Box::new(Answer(fake.shared.lock().unwrap().managed.pop_front().unwrap_or(Ok(Managed::Done))))
}
