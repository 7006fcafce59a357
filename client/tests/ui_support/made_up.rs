//! More of everything, for pictures of the window.

use lectern_proto::control::{ChunkRef, Role};
use lectern_proto::manifest::ChunkHash;

use super::{Shared, person, ready, video};

impl Shared {
    /// More videos with made-up thumbnails, and more people, as in a room of a school.
    pub fn make_up_more(&mut self) {
        let titles = [
            "Subnetting by hand",
            "TCP handshake at the board",
            "Reading a capture with Wireshark",
            "Congestion control, drawn slowly",
            "DNS from the root",
            "Why cables have colours",
        ];
        for (i, title) in titles.into_iter().enumerate() {
            let i = i as u8 + 1;
            let chunk = ChunkHash([i; 32]);
            let picture = image::RgbImage::from_fn(320, 180, |x, y| {
                let on = (x / 40 + y / 36) % 2 == 0;
                image::Rgb(if on { [30 * i, 60, 200 - 20 * i] } else { [235, 240, 230 - 10 * i] })
            });
            let mut jpeg = std::io::Cursor::new(Vec::new());
            picture.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
            self.thumbnails.insert(chunk, jpeg.into_inner().into());
            let mut entry = video(&format!("m{i}"), title, 1_100 + u64::from(i) * 77, ready());
            entry.thumbnail = Some(ChunkRef { chunk, bytes: 1 });
            self.state.videos.push(entry);
        }
        for (i, name) in ["Dana", "Emil", "Farah", "Gustav Maximilian von und zu Hohenlohe", "李雷", "Ολγα"].into_iter().enumerate() {
            self.state.people.push(person(10 + i as u64, name, Role::Student, i != 2));
        }
    }
}
