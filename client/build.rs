//! Finds the fonts of the window and hands them to `ui::fonts`; says where the portable program looks for libraries.
//!
//! Fonts are packages of the system, not files of this repository: Debian's `fonts-inter` and `fonts-jetbrains-mono`, or any
//! folder named by `LECTERN_FONTS`. What is found is compiled in; what is not found becomes `None`, and egui's own font
//! stands in, so that a clone without them builds.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The constant in `ui::fonts` and the file that it comes from.
const FONTS: [(&str, &str); 5] = [
    ("INTER_REGULAR", "Inter-Regular"),
    ("INTER_MEDIUM", "Inter-Medium"),
    ("INTER_SEMIBOLD", "Inter-SemiBold"),
    ("MONO_REGULAR", "JetBrainsMono-Regular"),
    ("MONO_MEDIUM", "JetBrainsMono-Medium"),
];

/// Where systems keep them.
const FOLDERS: [&str; 8] = [
    "/usr/share/fonts/opentype/inter",
    "/usr/share/fonts/truetype/inter",
    "/usr/share/fonts/truetype/jetbrains-mono",
    "/usr/share/fonts/rsms-inter-fonts",
    "/usr/share/fonts/jetbrains-mono-fonts",
    "/usr/share/fonts/inter",
    "/usr/share/fonts/TTF",
    "/Library/Fonts",
];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LECTERN_FONTS");
    if env::var_os("CARGO_FEATURE_PORTABLE").is_some() && env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // The portable program brings the one library that a system may lack in a folder beside it.
        println!("cargo::rustc-link-arg-bins=-Wl,-rpath,$ORIGIN/lib");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?);
    let mut code = String::new();
    for (constant, name) in FONTS {
        let found = find(name);
        let value = match &found {
            Some(path) => {
                fs::copy(path, out.join(name))?;
                println!("cargo::rerun-if-changed={}", path.display());
                format!("Some(include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\")))")
            }
            None => "None".to_owned(),
        };
        writeln!(code, "pub(super) const {constant}: Option<&[u8]> = {value};").map_err(io::Error::other)?;
    }
    fs::write(out.join("fonts.rs"), code)
}

fn find(name: &str) -> Option<PathBuf> {
    let own = env::var_os("LECTERN_FONTS").map(PathBuf::from);
    let folders = own.into_iter().chain(FOLDERS.map(PathBuf::from));
    folders.flat_map(|folder| ["otf", "ttf"].map(|end| folder.join(format!("{name}.{end}")))).find(|path| is_font(path))
}

fn is_font(path: &Path) -> bool {
    fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"OTTO") || bytes.starts_with(&[0, 1, 0, 0]))
}
