use super::access::MetricsAccess;
use crate::metrics::{Metrics, Process, Source};
use std::sync::Arc;

/// What the page shows besides what the other parts of the state tell, and who may read it.
#[derive(Debug)]
pub(crate) struct MetricsPage {
    /// What the workers count.
    pub(crate) workers: Metrics,
    /// The process.
    pub(crate) process: Process,
    /// The parts that are not part of the state.
    pub(crate) sources: Vec<Arc<dyn Source>>,
    /// Who may read it.
    pub(crate) access: MetricsAccess,
}
