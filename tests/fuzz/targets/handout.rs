#![no_main]
//! Handing out the viewer: what a server is asked before any login, what it answers, and names of files in its folder.

use lectern_fuzz::{begin_with, golden, is_itself};
use lectern_proto::handout::{HandOutReply, HandOutRequest, is_file_name, viewer_of};

fn seeds() -> Vec<Vec<u8>> {
    let names = ["lectern_0.1.0_amd64.deb", "lectern-0.1.0-linux-x86_64.tar.xz", "lectern-0.1.0-macos-aarch64.zip"];
    golden(&["request ", "reply "]).into_iter().chain(names.map(|name| name.as_bytes().to_vec())).collect()
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    if let Ok(Some(request)) = HandOutRequest::read(data) {
        is_itself(&request);
    }
    if let Ok(reply) = HandOutReply::read(data) {
        is_itself(&reply);
        if let HandOutReply::Files(files) = reply {
            // The client writes a file of this name.
            assert!(files.iter().all(|f| is_file_name(&f.name) && std::path::Path::new(&f.name).file_name().is_some_and(|n| n == &f.name[..])));
        }
    }
    if let Ok(name) = std::str::from_utf8(data) {
        let _ = viewer_of(name);
    }
});
