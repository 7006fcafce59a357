//! Thumbnails: JPEG bytes become textures, decoded beside the window's thread and kept in a bounded cache.

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use bytes::Bytes;
use egui::{ColorImage, Context, TextureHandle, TextureOptions};
use lectern_proto::control::ChunkRef;
use lectern_proto::manifest::ChunkHash;

use super::backend::Seat;

/// Textures kept: several screens full of cards, about 60 MB at the largest size.
const KEPT: usize = 128;
/// Longest edge that is accepted; the worker makes thumbnails of at most 480.
const EDGE_MAX: u32 = 2_048;
/// Most memory for decoding one.
const DECODE_MAX: u64 = 32 * 1024 * 1024;

/// The cache.
pub(crate) struct Thumbnails {
    entries: HashMap<ChunkHash, Entry>,
    work: Sender<(ChunkHash, Bytes, Context)>,
    done: Receiver<(ChunkHash, Option<ColorImage>)>,
}

struct Entry {
    state: Texture,
    /// The pass in which it was last wanted.
    used: u64,
}

enum Texture {
    Decoding,
    Ready(TextureHandle),
    /// Not a picture; not tried again.
    Broken,
}

impl std::fmt::Debug for Thumbnails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Thumbnails({} kept)", self.entries.len())
    }
}

impl Default for Thumbnails {
    fn default() -> Self {
        let (work, inbox) = channel::<(ChunkHash, Bytes, Context)>();
        let (finished, done) = channel();
        // Ends when the cache is dropped. Without a thread there are no thumbnails, which the cards can do without.
        let _ = thread::Builder::new().name("thumbnails".into()).spawn(move || {
            for (hash, bytes, ctx) in inbox {
                if finished.send((hash, decode(&bytes))).is_err() {
                    break;
                }
                ctx.request_repaint();
            }
        });
        Self { entries: HashMap::new(), work, done }
    }
}

impl Thumbnails {
    /// The texture, if it has come; asks for it otherwise.
    pub(crate) fn texture(&mut self, ctx: &Context, seat: &dyn Seat, chunk: ChunkRef) -> Option<TextureHandle> {
        let now = ctx.cumulative_pass_nr();
        if let Some(entry) = self.entries.get_mut(&chunk.chunk) {
            entry.used = now;
            return match &entry.state {
                Texture::Ready(texture) => Some(texture.clone()),
                Texture::Decoding | Texture::Broken => None,
            };
        }
        let bytes = seat.thumbnail(chunk)?;
        let state = if self.work.send((chunk.chunk, bytes, ctx.clone())).is_ok() { Texture::Decoding } else { Texture::Broken };
        self.entries.insert(chunk.chunk, Entry { state, used: now });
        None
    }

    /// Takes what has been decoded and lets go of what was not wanted for longest. Once a pass.
    pub(crate) fn collect(&mut self, ctx: &Context) {
        while let Ok((hash, image)) = self.done.try_recv() {
            let Some(entry) = self.entries.get_mut(&hash) else { continue };
            entry.state = match image {
                Some(image) => Texture::Ready(ctx.load_texture(format!("thumbnail-{hash}"), image, TextureOptions::LINEAR)),
                None => Texture::Broken,
            };
        }
        while self.entries.len() > KEPT {
            let Some(oldest) = self.entries.iter().min_by_key(|(_, e)| e.used).map(|(hash, _)| *hash) else { break };
            self.entries.remove(&oldest);
        }
    }
}

fn decode(jpeg: &[u8]) -> Option<ColorImage> {
    let mut reader = image::ImageReader::with_format(Cursor::new(jpeg), image::ImageFormat::Jpeg);
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(EDGE_MAX);
    limits.max_image_height = Some(EDGE_MAX);
    limits.max_alloc = Some(DECODE_MAX);
    reader.limits(limits);
    let picture = reader.decode().ok()?.into_rgb8();
    let size = [picture.width() as usize, picture.height() as usize];
    Some(ColorImage::from_rgb(size, picture.as_raw()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_jpeg_and_nothing_else() {
        let mut jpeg = Vec::new();
        let picture = image::RgbImage::from_pixel(16, 8, image::Rgb([200, 10, 10]));
        picture.write_to(&mut Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).expect("an encoder");
        assert_eq!(decode(&jpeg).map(|i| i.size), Some([16, 8]));
        assert!(decode(&jpeg[..jpeg.len() / 4]).is_none_or(|i| i.size == [16, 8]));
        assert!(decode(b"").is_none());
        assert!(decode(b"\x89PNG\r\n\x1a\n").is_none());
    }
}
