//! Foreign pictures: interlaced, mirrored, of high dynamic range, in other colours: what comes out looks as it should.

mod support;

use lectern_media::picture::{Matrix, Picture, Range};
use lectern_proto::rung::PictureSize;
use std::path::Path;
use support::{Folder, Prepared, make_source, prepare};

const RUNG: [&str; 1] = ["r=640x640 4M"];
const KEY: &str = "video-640x640-4000000";

/// Prepares a source and gives its pictures.
fn prepared(source: &Path) -> Prepared {
    let mut out = source.as_os_str().to_owned();
    out.push(".out");
    prepare(source, out.as_ref(), &RUNG);
    Prepared::open(out.as_ref(), KEY)
}

/// Mean of each plane over a box, given in shares of the picture.
fn mean(p: &Picture, x: std::ops::Range<f64>, y: std::ops::Range<f64>) -> [f64; 3] {
    p.planes().map(|plane| {
        let (x0, x1) = ((x.start * plane.width as f64) as usize, (x.end * plane.width as f64) as usize);
        let (y0, y1) = ((y.start * plane.height as f64) as usize, (y.end * plane.height as f64) as usize);
        let rows = plane.data.chunks(plane.stride).take(y1).skip(y0);
        let sum: f64 = rows.flat_map(|r| &r[x0..x1]).map(|v| f64::from(*v)).sum();
        sum / ((x1 - x0) * (y1 - y0)) as f64
    })
}

/// Pixels that differ much, and in the same direction, from those above and below: the teeth of combs.
fn combs(p: &Picture) -> usize {
    let luma = p.planes()[0];
    let rows: Vec<_> = luma.data.chunks(luma.stride).take(luma.height).map(|r| &r[..luma.width]).collect();
    let tooth = |above: u8, pixel: u8, below: u8| (i32::from(above) - i32::from(pixel)) * (i32::from(below) - i32::from(pixel)) > 900;
    rows.windows(3).map(|w| (0..w[0].len()).filter(|x| tooth(w[0][*x], w[1][*x], w[2][*x])).count()).sum()
}

/// A bar that runs fast over 50 pictures a second, as 25 pictures of two fields.
const FIELDS: &str = "-f lavfi -i color=gray:size=640x360:rate=50:duration=2 -f lavfi -i color=white:size=40x360:rate=50:duration=2 \
                      -filter_complex [0][1]overlay=x=mod(n*12\\,600),tinterlace=interleave_top,setfield=tff";

#[test]
fn interlaced_pictures_have_no_combs() {
    let folder = Folder::new();
    let combed = prepared(&folder.made("untold.mkv", &format!("{FIELDS},setfield=prog -c:v ffv1")));
    let worst = |p: &Prepared| p.pictures(combs).into_iter().skip(2).map(|(_, c)| c).max().unwrap_or(0);
    let before = worst(&combed);
    assert!(before > 4_000, "the source shows no combs: {before}");
    for (name, codec) in [
        ("mpeg2.ts", "-c:v mpeg2video -flags +ildct+ilme -b:v 8M -top 1"),
        ("h264.mp4", "-c:v libx264 -x264-params tff=1 -crf 12 -pix_fmt yuv420p"),
        ("mbaff.mkv", "-c:v libx264 -flags +ildct+ilme -crf 12 -pix_fmt yuv422p10"),
        // The codec has no place for it: the container says it.
        ("huff.mkv", "-c:v huffyuv -field_order tt -pix_fmt yuv422p"),
    ] {
        let whole = prepared(&folder.made(name, &format!("{FIELDS} {codec}")));
        let (after, count) = (worst(&whole), whole.pictures(|_| ()).len());
        assert!(after < before / 20, "{name}: {after}, before {before}");
        assert_eq!(count, 50, "{name}");
        let times: Vec<_> = whole.pictures(|_| ()).into_iter().map(|(t, ())| t / 1000).collect();
        assert!(times.windows(2).all(|w| (39..=41).contains(&(w[1] - w[0]))), "{name}: {times:?}");
    }
}

#[test]
fn bottom_field_first_runs_forward() {
    let folder = Folder::new();
    // With the fields the wrong way round a running bar jumps back: its place must only grow.
    let fields = FIELDS.replace("interleave_top", "interleave_bottom").replace("tff", "bff");
    let whole = prepared(&folder.made("bff.mkv", &format!("{fields} -c:v libx264 -x264-params bff=1 -crf 12 -pix_fmt yuv420p")));
    let places: Vec<_> = whole
        .pictures(|p| {
            let luma = p.planes()[0];
            let row = &luma.data[180 * luma.stride..180 * luma.stride + luma.width];
            row.iter().position(|v| *v > 180).unwrap_or(0)
        })
        .into_iter()
        .map(|(_, x)| x)
        .collect();
    let forward = places.windows(2).filter(|w| w[1] > w[0] && w[1] - w[0] < 40).count();
    assert!(forward >= 46, "{places:?}");
}

#[test]
fn mirrored_pictures_stand_upright() {
    let folder = Folder::new();
    // White where it begins, grey to its right, black below.
    let flat = folder.path("flat.mp4");
    make_source(
        "-f lavfi -i color=black:size=320x180:rate=25:duration=0.4,drawbox=w=160:h=90:color=white:t=fill,drawbox=x=160:w=160:h=90:color=gray:t=fill -c:v libx264 -pix_fmt yuv420p",
        &flat,
    );
    let bytes = std::fs::read(&flat).expect("reads");
    let matrix = bytes.windows(4).position(|w| w == b"tkhd").expect("a track") + 4 + 40;
    let one = 1i32 << 16;
    // Where right and down go (ISO/IEC 14496-12, 8.5.2), and where white and grey are then: column and row, 0 or 1.
    for (name, [a, b, c, d], white, grey) in [
        ("plain", [one, 0, 0, one], (0, 0), (1, 0)),
        ("mirrored", [-one, 0, 0, one], (1, 0), (0, 0)),
        ("flipped", [one, 0, 0, -one], (0, 1), (1, 1)),
        ("transposed", [0, one, one, 0], (0, 0), (0, 1)),
        ("selfie", [0, -one, -one, 0], (1, 1), (1, 0)),
        ("quarter", [0, one, -one, 0], (1, 0), (1, 1)),
    ] {
        let mut turned = bytes.clone();
        for (i, value) in [a, b, 0, c, d, 0, 0, 0, 1 << 30].into_iter().enumerate() {
            turned[matrix + 4 * i..][..4].copy_from_slice(&value.to_be_bytes());
        }
        let source = folder.path(&format!("{name}.mp4"));
        std::fs::write(&source, turned).expect("writes");
        let upright = prepared(&source);
        let at = |(column, row): (u8, u8)| {
            let (x, y) = (f64::from(column) * 0.5 + 0.1, f64::from(row) * 0.5 + 0.1);
            upright.pictures(|p| mean(p, x..x + 0.3, y..y + 0.3)[0])[0].1
        };
        assert!(at(white) > 225.0, "{name}: white is {}", at(white));
        assert!((100.0..150.0).contains(&at(grey)), "{name}: grey is {}", at(grey));
    }
}

/// Luma and colour differences of BT.709 limited range (ITU-R BT.709, 3) for red, green, blue from 0 to 1.
fn bt709([r, g, b]: [f64; 3]) -> [f64; 3] {
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    [16.0 + 219.0 * y, 128.0 + 224.0 * (b - y) / 1.8556, 128.0 + 224.0 * (r - y) / 1.5748]
}

#[test]
fn colour_bars_are_the_same_from_every_matrix_and_range() {
    let folder = Folder::new();
    let bars = [[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]];
    let boxes: String = bars
        .iter()
        .enumerate()
        .map(|(i, b)| {
            let [r, g, b] = b.map(|c| (c * 191.0) as u8);
            format!(",drawbox=x={}:w=80:h=360:t=fill:color=0x{r:02x}{g:02x}{b:02x}", i * 80)
        })
        .collect();
    let source = format!("-f lavfi -i color=black:size=640x360:rate=25:duration=0.4,format=gbrp{boxes}");
    for (name, matrix, range, format, tag) in [
        ("601.mkv", "bt601", "limited", "yuv420p", "-colorspace smpte170m -color_range tv"),
        ("601-full.mkv", "bt601", "full", "yuv420p", "-colorspace smpte170m -color_range pc"),
        ("709.mkv", "bt709", "limited", "yuv420p", "-colorspace bt709 -color_range tv"),
        ("709-full.mkv", "bt709", "full", "yuv444p", "-colorspace bt709 -color_range pc"),
        ("709-ten.mkv", "bt709", "limited", "yuv420p10", "-colorspace bt709 -color_range tv"),
        ("240.mkv", "smpte240m", "limited", "yuv422p", "-colorspace smpte240m -color_range tv"),
    ] {
        let made =
            prepared(&folder.made(
                name,
                &format!("{source},scale=out_color_matrix={matrix}:out_range={range}:flags=accurate_rnd,format={format} {tag} -c:v libx264 -crf 4"),
            ));
        for (i, bar) in bars.iter().enumerate() {
            let want = bt709(bar.map(|c| c * 191.0 / 255.0));
            let x = i as f64 / 8.0;
            let got = made.pictures(|p| {
                assert_eq!((p.matrix(), p.range()), (Matrix::Bt709, Range::Limited));
                mean(p, x + 0.03..x + 0.095, 0.2..0.8)
            })[0]
                .1;
            assert!(got.iter().zip(want).all(|(g, w)| (g - w).abs() <= 2.5), "{name}, bar {i}: {got:?}, not {want:?}");
        }
    }
}

#[test]
fn high_range_is_mapped_and_not_washed_out() {
    let folder = Folder::new();
    // A white page (203 cd/m²), a grey (10 cd/m²), a lamp at the peak, and saturated red, by code values.
    for (name, codes, transfer) in [("pq.mkv", [594.0, 307.0, 769.0], "smpte2084"), ("hlg.mkv", [768.0, 260.0, 1023.0], "arib-std-b67")] {
        let scaled = codes.map(|c: f64| (64.0 + c * 876.0 / 1023.0).round());
        let boxes =
            format!("geq=lum='if(lt(X,160),{},if(lt(X,320),{},if(lt(X,480),{},64)))':cb=512:cr='if(lt(X,480),512,800)'", scaled[0], scaled[1], scaled[2]);
        let made = prepared(&folder.made(
            name,
            &format!(
                "-f lavfi -i color=black:size=640x360:rate=25:duration=0.4,format=yuv420p10,{boxes} -c:v libx265 -x265-params log-level=none:crf=4 \
                 -color_primaries bt2020 -color_trc {transfer} -colorspace bt2020nc -color_range tv"
            ),
        ));
        assert_eq!(made.pictures(|p| PictureSize { width: p.planes()[0].width as u32, height: 0 })[0].1.width, 640);
        let part = |i: f64| made.pictures(|p| mean(p, i * 0.25 + 0.05..i * 0.25 + 0.2, 0.2..0.8))[0].1;
        let (page, grey, lamp) = (part(0.0), part(1.0), part(2.0));
        // Full white is 235: the page is near it, the lamp is it, the grey is as dark as on a screen of standard range.
        assert!((200.0..228.0).contains(&page[0]), "{name}: the page is {page:?}");
        assert!(lamp[0] > 231.0, "{name}: the lamp is {lamp:?}");
        let share: f64 = 10.0 / 203.0;
        let want = 16.0 + 219.0 * share.powf(1.0 / 2.4);
        assert!((grey[0] - want).abs() < 9.0, "{name}: the grey is {grey:?}, not {want}");
        for grey in [page, grey, lamp] {
            assert!((grey[1] - 128.0).abs() < 2.5 && (grey[2] - 128.0).abs() < 2.5, "{name}: {grey:?} is not grey");
        }
    }
}
