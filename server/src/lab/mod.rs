//! The server's own part in the networking labs: it takes part in a run where somebody has no partner.

mod partner;

pub(crate) use partner::{Part, take_part};
