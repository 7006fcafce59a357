//! Where a viewer or listener without a window is heard: `--output` and `--trim`.

use clap::Args;
use lectern_media::speaker::outputs;

use super::Failure;
use crate::player::SoundOut;

#[derive(Debug, Clone, Default, Args)]
pub(super) struct SoundArgs {
    /// The device that plays, by its name, a part of it, or its id; without it, the system's choice. A name that no device has is
    /// answered with those that there are
    #[arg(long, value_name = "NAME")]
    output: Option<String>,
    /// Heard so many milliseconds later than by others, -200 to 200: for a device that is early, or with a minus late by that much
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(-200..=200))]
    trim: Option<i32>,
}

impl SoundArgs {
    /// What was chosen.
    ///
    /// # Errors
    /// When no device is called so: with the names of those that are connected.
    pub(super) fn chosen(&self) -> Result<SoundOut, Failure> {
        let known = |wanted: &String| lectern_media::speaker::has_output(wanted);
        if let Some(wanted) = self.output.as_ref().filter(|wanted| !known(wanted)) {
            let all: Vec<String> = outputs().into_iter().map(|o| format!("{} ({})", o.name, o.id)).collect();
            let those = if all.is_empty() { "no sound device is connected".to_owned() } else { format!("these are connected: {}", all.join(", ")) };
            return Err(Failure::Usage(format!("there is no sound device `{wanted}`; {those}")));
        }
        Ok(SoundOut { device: self.output.clone(), trim_ms: self.trim, ..SoundOut::default() })
    }
}
