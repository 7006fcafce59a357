//! A machine-readable frame number in the picture: proof of which frame is shown.
//!
//! 24 bits of number and 8 check bits as two rows of sixteen black or white blocks in the top left corner, inside a quiet
//! black border. A block is 1/32 of the picture's width and 1/18 of its height, so it survives being scaled to 256x144 and
//! coded at 200 kbit/s. The sample lesson, the tests and the live test pattern carry it. Works on the luma plane alone.

/// Blocks in a row and rows of blocks.
const COLUMNS: usize = 16;
const ROWS: usize = 2;
/// Edges of a block as fractions of the picture's width and height; the border is half a block on each side.
const PER_WIDTH: usize = 32;
const PER_HEIGHT: usize = 18;
/// Limited-range black and white (ITU-R BT.709).
const BLACK: u8 = 16;
const WHITE: u8 = 235;
/// Mean luma below and above which a block is read as black and as white; between them the stamp is not trusted.
const DARK_BELOW: u32 = 105;
const LIGHT_ABOVE: u32 = 145;
/// Largest number that fits.
pub const NUMBER_MAX: u32 = (1 << 24) - 1;
/// Smallest picture that holds a stamp.
pub const SIZE_MIN: (usize, usize) = (128, 72);

/// Writes the low 24 bits of `number` into the top left corner of a luma plane of `height` rows of `stride` bytes. Does
/// nothing when the picture is smaller than [`SIZE_MIN`] or the slice is too short for its size.
pub fn draw(luma: &mut [u8], stride: usize, width: usize, height: usize, number: u32) {
    if !fits(luma.len(), stride, width, height) {
        return;
    }
    let mut fill = |area: Area, value: u8| {
        for y in area.top..area.bottom {
            luma[y * stride + area.left..y * stride + area.right].fill(value);
        }
    };
    fill(border(width, height), BLACK);
    let code = encode(number & NUMBER_MAX);
    for bit in 0..COLUMNS * ROWS {
        fill(block(width, height, bit), if code >> bit & 1 == 1 { WHITE } else { BLACK });
    }
}

/// Reads the number back; nothing when there is no stamp, or a damaged one.
#[must_use]
pub fn read(luma: &[u8], stride: usize, width: usize, height: usize) -> Option<u32> {
    if !fits(luma.len(), stride, width, height) {
        return None;
    }
    let mut code = 0u32;
    for bit in 0..COLUMNS * ROWS {
        let mean = mean(luma, stride, block(width, height, bit).core());
        if mean > LIGHT_ABOVE {
            code |= 1 << bit;
        } else if mean >= DARK_BELOW {
            return None;
        }
    }
    let number = code & NUMBER_MAX;
    (encode(number) == code).then_some(number)
}

fn fits(len: usize, stride: usize, width: usize, height: usize) -> bool {
    width >= SIZE_MIN.0 && height >= SIZE_MIN.1 && stride >= width && len >= stride.saturating_mul(height - 1).saturating_add(width)
}

#[derive(Debug, Clone, Copy)]
struct Area {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

impl Area {
    /// The middle half in both directions, which scaling and coding blur least.
    fn core(self) -> Self {
        let (dx, dy) = ((self.right - self.left) / 4, (self.bottom - self.top) / 4);
        Self { left: self.left + dx, top: self.top + dy, right: self.right - dx, bottom: self.bottom - dy }
    }
}

fn border(width: usize, height: usize) -> Area {
    Area { left: 0, top: 0, right: (COLUMNS + 1) * width / PER_WIDTH, bottom: (ROWS + 1) * height / PER_HEIGHT }
}

fn block(width: usize, height: usize, bit: usize) -> Area {
    // In half blocks, because the border is half a block wide.
    let x = |half: usize| half * width / (2 * PER_WIDTH);
    let y = |half: usize| half * height / (2 * PER_HEIGHT);
    let (column, row) = (bit % COLUMNS, bit / COLUMNS);
    Area { left: x(2 * column + 1), top: y(2 * row + 1), right: x(2 * column + 3), bottom: y(2 * row + 3) }
}

fn mean(luma: &[u8], stride: usize, area: Area) -> u32 {
    let rows = (area.top..area.bottom).map(|y| &luma[y * stride + area.left..y * stride + area.right]);
    let (sum, count) = rows.flatten().fold((0u32, 0u32), |(s, n), p| (s + u32::from(*p), n + 1));
    sum / count.max(1)
}

/// The number with its check byte above it.
fn encode(number: u32) -> u32 {
    number | u32::from(crc8(number)) << 24
}

/// CRC-8 with polynomial 0x2F (AUTOSAR), Hamming distance 4 up to 119 bits; starts at 0xFF, so that an all-black area is
/// no stamp.
fn crc8(number: u32) -> u8 {
    number.to_be_bytes()[1..].iter().fold(0xFF, |crc, byte| (0..8).fold(crc ^ byte, |c: u8, _| if c & 0x80 == 0 { c << 1 } else { c << 1 ^ 0x2F }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn black_white_and_grey_are_no_stamps() {
        for value in [0, 16, 128, 235, 255] {
            assert_eq!(read(&vec![value; 256 * 144], 256, 256, 144), None, "{value}");
        }
    }

    #[test]
    fn too_small_or_too_short_is_refused() {
        let mut luma = vec![0; 100 * 50];
        draw(&mut luma, 100, 100, 50, 1);
        assert!(luma.iter().all(|p| *p == 0));
        assert_eq!(read(&luma, 1000, 1000, 1000), None);
        assert_eq!(read(&luma, usize::MAX, usize::MAX, usize::MAX), None);
    }

    #[test]
    fn survives_halving_to_the_lowest_rung() {
        let (w, h) = (1280, 720);
        let mut luma = vec![90; w * h];
        draw(&mut luma, w, w, h, 0x00A5_5A3C);
        let (sw, sh) = (256, 144);
        let small: Vec<u8> = (0..sw * sh).map(|i| luma[(i / sw * h / sh) * w + i % sw * w / sw]).collect();
        assert_eq!(read(&small, sw, sw, sh), Some(0x00A5_5A3C));
    }

    proptest! {
        #[test]
        fn reads_what_was_drawn(number in 0..=NUMBER_MAX, w in 128usize..700, h in 72usize..500, pad in 0usize..40) {
            let mut luma = vec![77; (w + pad) * h];
            draw(&mut luma, w + pad, w, h, number);
            prop_assert_eq!(read(&luma, w + pad, w, h), Some(number));
        }

        #[test]
        fn noise_does_not_change_the_number(number in 0..=NUMBER_MAX, seed in any::<u32>()) {
            let (w, h) = (256, 144);
            let mut luma = vec![120; w * h];
            draw(&mut luma, w, w, h, number);
            let mut state = seed | 1;
            for p in &mut luma {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = i32::try_from(state >> 24).expect("8 bits") - 128;
                *p = u8::try_from((i32::from(*p) + noise / 2).clamp(0, 255)).expect("clamped");
            }
            prop_assert_eq!(read(&luma, w, w, h), Some(number));
        }

        #[test]
        fn a_flipped_block_is_noticed(number in 0..=NUMBER_MAX, bit in 0usize..32) {
            let (w, h) = (256, 144);
            let mut luma = vec![0; w * h];
            draw(&mut luma, w, w, h, number);
            let area = block(w, h, bit);
            for y in area.top..area.bottom {
                for p in &mut luma[y * w + area.left..y * w + area.right] {
                    *p = 251 - *p;
                }
            }
            prop_assert_eq!(read(&luma, w, w, h), None);
        }

        #[test]
        fn hostile_shapes_do_not_panic(len in 0usize..5000, stride in 0usize..500, w in 0usize..500, h in 0usize..500, n in any::<u32>()) {
            let mut luma = vec![200; len];
            draw(&mut luma, stride, w, h, n);
            let _ = read(&luma, stride, w, h);
        }
    }
}
