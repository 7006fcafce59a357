//! The networking labs: codes and protocols of lessons, each at the speed that files and long runs ask for.

mod arq;
mod hamming;
mod net;

use anyhow::Result;

use crate::table::Table;

pub fn measure(table: &mut Table) -> Result<()> {
    hamming::measure(table)?;
    arq::measure(table)?;
    net::measure(table)
}
