//! `lectern videos`: the catalogue.

use lectern_proto::control::{CatalogueEntry, VideoState};
use serde::Serialize;

use super::{Failure, join, print};
use crate::class::JoinRequest;

#[derive(Debug, Serialize)]
struct Videos<'a> {
    videos: Vec<Video<'a>>,
}

#[derive(Debug, Serialize)]
struct Video<'a> {
    id: &'a str,
    title: &'a str,
    duration_s: f64,
    width: u32,
    height: u32,
    rungs: &'a [String],
    state: &'static str,
    /// 0 to 1.
    progress: f64,
    reason: Option<&'a str>,
    /// What of the file could not be read.
    damage: Option<Lost>,
}

/// Seconds that are lost together, in how many places, and where most of it is.
#[derive(Debug, Serialize)]
struct Lost {
    lost_s: f64,
    places: u32,
    around_s: f64,
}

/// To the millisecond.
fn seconds(us: u64) -> f64 {
    (us as f64 / 1_000.0).round() / 1_000.0
}

impl<'a> Video<'a> {
    fn new(entry: &'a CatalogueEntry) -> Self {
        let (state, progress, reason) = match &entry.state {
            VideoState::Waiting => ("preparing", 0.0, None),
            VideoState::Preparing { permille, .. } => ("preparing", f64::from(*permille) / 1_000.0, None),
            VideoState::Ready { .. } => ("ready", 1.0, None),
            VideoState::Failed { reason } => ("failed", 0.0, Some(reason.sentence.as_str())),
        };
        Self {
            id: &entry.id.0,
            title: &entry.title,
            duration_s: seconds(entry.duration_us),
            width: entry.width,
            height: entry.height,
            rungs: &entry.rungs,
            state,
            progress,
            reason,
            damage: entry.damage.map(|d| Lost { lost_s: seconds(d.lost_us), places: d.places, around_s: seconds(d.around_us) }),
        }
    }
}

pub(super) async fn run(request: JoinRequest) -> Result<(), Failure> {
    let (class, state) = join(request).await?;
    class.left().await;
    print(&Videos { videos: state.videos.iter().map(Video::new).collect() })
}
