//! A client of the media port: the protocol's core on a TCP connection.

use lectern_proto::control::{CatalogueEntry, Event, VideoState};
use lectern_proto::manifest::{ChunkHash, Manifest};
use lectern_proto::media::client::{MediaClientCore, Output};
use lectern_proto::media::{End, MediaError};
use lectern_proto::seal::MediaSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::Member;
use super::soon;

pub struct Media {
    pub core: MediaClientCore,
    pub stream: TcpStream,
    /// Everything that came, as it came.
    pub raw: Vec<u8>,
}

/// How a connection ended.
#[derive(Debug, PartialEq)]
pub enum Ended {
    Closed,
    Wrong(MediaError),
}

impl Media {
    pub async fn open(member: &Member) -> Self {
        let mut media = Self::connect(member.joined.media.video_port, member.joined.media.session, member.client.secret()).await;
        media.core.add_key(member.joined.media.epoch, member.joined.media.room_key.clone());
        assert!(matches!(media.next().await, Ok(Output::Accepted { .. })));
        media
    }

    pub async fn connect(port: u16, session: u64, secret: MediaSecret) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
        Self { core: MediaClientCore::new(session, secret), stream, raw: Vec::new() }
    }

    pub async fn next(&mut self) -> Result<Output, Ended> {
        soon("something on the media port", async {
            loop {
                if let Some(output) = self.core.poll_output().map_err(Ended::Wrong)? {
                    return Ok(output);
                }
                if let Some(bytes) = self.core.poll_transmit() {
                    let _ = self.stream.write_all(&bytes).await;
                }
                let mut buffer = [0; 64 * 1024];
                match self.stream.read(&mut buffer).await {
                    Ok(n @ 1..) => {
                        self.raw.extend_from_slice(&buffer[..n]);
                        self.core.receive(&buffer[..n]);
                    }
                    _ => return Err(Ended::Closed),
                }
            }
        })
        .await
    }

    pub async fn flush(&mut self) {
        while let Some(bytes) = self.core.poll_transmit() {
            self.stream.write_all(&bytes).await.expect("sent");
        }
    }

    /// A chunk from a record on.
    pub async fn fetch(&mut self, chunk: ChunkHash, first: u32) -> Result<Vec<u8>, End> {
        let wanted = self.core.fetch(chunk, first);
        let mut bytes = Vec::new();
        loop {
            match self.next().await.expect("an open connection") {
                Output::Record { request, data, last } if request == wanted => {
                    bytes.extend_from_slice(&data);
                    if last {
                        return Ok(bytes);
                    }
                }
                Output::Ended { request, why } if request == wanted => return Err(why),
                _ => {}
            }
        }
    }
}

/// Waits until the only video is ready.
pub async fn ready(member: &mut Member) -> CatalogueEntry {
    member
        .until("a ready video", |event| match event {
            Event::Videos(videos) => videos.into_iter().find(|v| !matches!(v.state, VideoState::Waiting | VideoState::Preparing { .. })),
            _ => None,
        })
        .await
}

/// The manifest of a ready video.
pub async fn manifest(media: &mut Media, entry: &CatalogueEntry) -> Manifest {
    let VideoState::Ready { manifest } = entry.state.clone() else { panic!("{entry:?}") };
    let json = media.fetch(manifest.chunk, 0).await.expect("a manifest");
    assert_eq!(json.len(), manifest.bytes as usize);
    Manifest::parse(&json).expect("a manifest")
}
