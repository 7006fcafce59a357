//! What a viewer needs of the class that it belongs to: the way to its media, what is known of its streams, and where it says how it
//! fares.

use std::sync::Arc;

use lectern_proto::control::ViewerReport;
use tokio::sync::watch;

use crate::class::ClassState;
use crate::fetch::MediaRoute;

/// Cheap to clone; all clones are one.
#[derive(Clone)]
pub(crate) struct InClass {
    pub(crate) route: watch::Receiver<Option<MediaRoute>>,
    pub(crate) state: watch::Receiver<Arc<ClassState>>,
    /// A report that cannot be sent is left out: the next comes soon.
    pub(crate) report: Arc<dyn Fn(ViewerReport) + Send + Sync>,
}

impl std::fmt::Debug for InClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InClass").finish_non_exhaustive()
    }
}
