//! The mouse pointer, drawn into a picture of the screen.

use x11rb::protocol::xfixes::GetCursorImageReply;

/// What makes one pointer look different from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    x: i16,
    y: i16,
    serial: u32,
}

impl Look {
    pub(super) fn of(cursor: &GetCursorImageReply) -> Self {
        Self { x: cursor.x, y: cursor.y, serial: cursor.cursor_serial }
    }
}

/// Draws a pointer (alpha, red, green, blue; multiplied by alpha) into rows of blue, green, red, unused. `left` and `top` say which
/// pixel of the screen the picture begins with.
pub(super) fn draw(cursor: &GetCursorImageReply, picture: &mut [u8], stride: usize, width: usize, (left, top): (i32, i32)) {
    let (x0, y0) = (i32::from(cursor.x) - i32::from(cursor.xhot) - left, i32::from(cursor.y) - i32::from(cursor.yhot) - top);
    let row_length = usize::from(cursor.width).max(1);
    for (dy, row) in cursor.cursor_image.chunks(row_length).enumerate() {
        let Some(y) = y0.checked_add(dy as i32).and_then(|y| usize::try_from(y).ok()) else { continue };
        let Some(line) = picture.get_mut(y * stride..).and_then(|rest| rest.get_mut(..width * 4)) else { return };
        for (dx, pixel) in row.iter().enumerate() {
            let place = x0.checked_add(dx as i32).and_then(|x| usize::try_from(x).ok());
            let Some(under) = place.and_then(|x| line.get_mut(x * 4..x * 4 + 3)) else { continue };
            let [alpha, red, green, blue] = pixel.to_be_bytes();
            for (under, over) in under.iter_mut().zip([blue, green, red]) {
                let kept = u32::from(*under) * (255 - u32::from(alpha)) / 255;
                // Colours are not above alpha, unless a program drew its pointer wrongly.
                *under = (kept + u32::from(over)).min(255) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_blended_and_cut_at_the_edges() {
        let cursor = |x, y| GetCursorImageReply {
            sequence: 0,
            length: 0,
            x,
            y,
            width: 2,
            height: 2,
            xhot: 1,
            yhot: 1,
            cursor_serial: 1,
            cursor_image: vec![0xFFFF_FFFF, 0, 0x8000_0000, 0xFF00_00FF],
        };
        let mut picture = vec![100; 4 * 4 * 4];
        draw(&cursor(1, 1), &mut picture, 16, 4, (0, 0));
        assert_eq!([&picture[0..3], &picture[4..7], &picture[16..19], &picture[20..23]], [[255, 255, 255], [100, 100, 100], [49, 49, 49], [255, 0, 0]]);
        for (x, y) in [(0, 0), (4, 4), (i16::MIN, i16::MAX), (i16::MAX, i16::MIN), (3, 0)] {
            draw(&cursor(x, y), &mut picture, 16, 4, (i32::from(u16::MAX), 0));
            draw(&cursor(x, y), &mut picture, 16, 4, (0, 0));
            draw(&cursor(x, y), &mut [], 16, 4, (0, 0));
        }
    }
}
