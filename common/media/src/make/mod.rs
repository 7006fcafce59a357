//! The media worker: everything that makes media.
