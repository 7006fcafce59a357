//! The media worker: everything that makes media out of foreign files.
//!
//! It runs as a child process of the server and reports on its standard output (see [`events`]); a hostile file ends it,
//! never a class. The way of a stored video: [`source`] (open, probe) → [`packets`] (read around damage, [`losses`]) →
//! [`frames`] and [`pcm`] (decode, repaired times; [`deinterlace`]) → [`scale`] ([`orientation`], [`hdr`]) →
//! [`video_encoder`], [`audio_encoder`] → [`video_track`], [`audio_track`] (segments) → [`store`] (objects, journal, atomic
//! publication). Pictures that viewers can decode as they are come first, as a copy (`copy`). [`prepare`] conducts it,
//! [`pictures`] and [`sounds`], which go place by place ([`lectern_proto::grid`]) where somebody waits ([`wish`]); [`sample`] draws the sample lesson.

pub mod audio_encoder;
pub mod audio_track;
mod copy;
mod copy_cut;
mod copy_form;
pub mod deinterlace;
pub mod events;
pub mod failure;
pub mod frames;
pub mod hdr;
pub mod journal;
mod jpeg;
pub mod limits;
pub mod losses;
pub(crate) mod opus_encoder;
pub mod orientation;
pub mod packets;
pub mod pcm;
pub mod pictures;
pub mod prepare;
pub mod sample;
pub mod scale;
pub mod sounds;
pub mod source;
pub mod store;
pub mod thumbnail;
pub mod video_encoder;
pub mod video_track;
pub mod wish;
