//! Evens out the light on a straightened sheet: paper becomes white wherever a shadow or a lamp falls, ink becomes dark, colours stay.
//!
//! The paper's brightness is found in cells; each pixel is divided by that of its place, in brightness and colour alike, and what is left
//! is stretched a little. It moves slowly from one picture to the next, so that nothing flickers.

use ffmpeg::frame::Video;
use ffmpeg_the_third as ffmpeg;

/// Edge of a cell in pixels.
const CELL: usize = 16;
/// Brightness in limited range: black, and from there to white.
const BLACK: f32 = 16.0;
const RANGE: f32 = 219.0;
/// The paper's brightness moves this part of its way with each picture that is measured.
const FOLLOW: f32 = 0.25;
/// Every how many pictures it is measured.
const MEASURE_EVERY: u32 = 5;
/// A place is made lighter by this factor at most; colours by this.
const GAIN_MAX: f32 = 3.0;
const COLOUR_GAIN_MAX: f32 = 1.8;
/// Cells darker than this part of the light ones are pictures rather than shadow, unless they have the paper's colour.
const PRINT: f32 = 0.8;
/// Colour beside brightness that differs by this from the paper's is another colour.
const OTHER_COLOUR: f32 = 0.07;
/// Of a sheet's pixels this part may become black, and what is as light as this part of the paper is white; black is not lighter than
/// the next.
const INK: f32 = 0.01;
const WHITE: f32 = 0.93;
const INK_MAX: f32 = 0.35;

/// What is known of the light.
#[derive(Debug, Default)]
pub(super) struct Light {
    columns: usize,
    rows: usize,
    /// Brightness of the paper by cells, above black.
    paper: Vec<f32>,
    /// Brightness of ink beside that of paper.
    ink: f32,
    count: u32,
}

/// What a cell holds: the brightness of its lighter half above black, and its colour beside that.
#[derive(Debug, Clone, Copy)]
struct Cell {
    light: f32,
    colour: [f32; 2],
}

impl Light {
    /// It is another sheet.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Evens out a picture of 4:2:0 in limited range.
    pub(super) fn even(&mut self, picture: &mut Video) {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        if width < 2 * CELL || height < 2 * CELL {
            return;
        }
        let (columns, rows) = (width.div_ceil(CELL), height.div_ceil(CELL));
        if (columns, rows) != (self.columns, self.rows) {
            *self = Self { columns, rows, ..Self::default() };
        }
        if self.count.is_multiple_of(MEASURE_EVERY) {
            self.measure(picture);
        }
        self.count = self.count.wrapping_add(1);
        self.apply(picture);
    }

    fn measure(&mut self, picture: &Video) {
        let cells: Vec<Cell> = (0..self.columns * self.rows).map(|i| cell(picture, i % self.columns, i / self.columns)).collect();
        let mut lights: Vec<f32> = cells.iter().map(|c| c.light).collect();
        let at = lights.len() * 9 / 10;
        let light = *lights.select_nth_unstable_by(at, f32::total_cmp).1;
        let middle = |k: usize| {
            let mut colours: Vec<f32> = cells.iter().filter(|c| c.light >= PRINT * light).map(|c| c.colour[k]).collect();
            let middle = colours.len() / 2;
            if colours.is_empty() { 0.0 } else { *colours.select_nth_unstable_by(middle, f32::total_cmp).1 }
        };
        let colour = [middle(0), middle(1)];
        let is_paper = |c: &Cell| {
            let other = (c.colour[0] - colour[0]).hypot(c.colour[1] - colour[1]);
            c.light >= PRINT * light || (other < OTHER_COLOUR && c.light >= light / GAIN_MAX)
        };
        let known: Vec<Option<f32>> = cells.iter().map(|c| is_paper(c).then_some(c.light)).collect();
        let paper = self.spread(known, light.max(1.0));
        let follow = if self.paper.is_empty() { 1.0 } else { FOLLOW };
        self.paper.resize(paper.len(), 0.0);
        for (held, new) in self.paper.iter_mut().zip(&paper) {
            *held += (new - *held) * follow;
        }
        let ink = self.darkest(picture);
        self.ink += (ink - self.ink) * follow;
    }

    /// Fills cells that say nothing from those around them, takes the lightest of neighbours, where writing is dense, and smooths.
    fn spread(&self, mut known: Vec<Option<f32>>, otherwise: f32) -> Vec<f32> {
        while known.iter().any(Option::is_none) && known.iter().any(Option::is_some) {
            let before = known.clone();
            for (i, cell) in known.iter_mut().enumerate().filter(|(_, c)| c.is_none()) {
                let around: Vec<f32> = self.around(i).filter_map(|j| before[j]).collect();
                if !around.is_empty() {
                    *cell = Some(around.iter().sum::<f32>() / around.len() as f32);
                }
            }
        }
        let mut cells: Vec<f32> = known.into_iter().map(|c| c.unwrap_or(otherwise)).collect();
        cells = (0..cells.len()).map(|i| self.around(i).map(|j| cells[j]).fold(0.0, f32::max)).collect();
        (0..cells.len()).map(|i| self.around(i).map(|j| cells[j]).sum::<f32>() / self.around(i).count() as f32).collect()
    }

    /// A cell and its neighbours.
    fn around(&self, i: usize) -> impl Iterator<Item = usize> + use<> {
        let (columns, rows) = (self.columns, self.rows);
        let (x, y) = (i % columns, i / columns);
        (y.saturating_sub(1)..(y + 2).min(rows)).flat_map(move |y| (x.saturating_sub(1)..(x + 2).min(columns)).map(move |x| y * columns + x))
    }

    /// How dark the darkest part is beside its paper.
    fn darkest(&self, picture: &Video) -> f32 {
        let (stride, width) = (picture.stride(0), picture.width() as usize);
        let mut counts = [0u32; 64];
        let mut all = 0;
        for (y, row) in picture.data(0).chunks(stride).take(picture.height() as usize).enumerate().step_by(3) {
            for (x, value) in row[..width].iter().enumerate().step_by(3) {
                let paper = self.paper[y / CELL * self.columns + x / CELL].max(1.0);
                let share = ((f32::from(*value) - BLACK) / paper).clamp(0.0, 0.999);
                counts[(share * 64.0) as usize] += 1;
                all += 1;
            }
        }
        let mut sum = 0;
        let at = counts.iter().position(|count| {
            sum += count;
            sum as f32 > INK * all as f32
        });
        (at.unwrap_or(0) as f32 / 64.0).min(INK_MAX)
    }

    fn apply(&self, picture: &mut Video) {
        // From brightness beside paper, in 256 steps, to brightness.
        let curve: [u8; 256] = std::array::from_fn(|i| {
            let share = (i as f32 / 255.0 - self.ink) / (WHITE - self.ink);
            (BLACK + RANGE * share.clamp(0.0, 1.0)).round() as u8
        });
        let (width, height, stride) = (picture.width() as usize, picture.height() as usize, picture.stride(0));
        let mut gains = vec![0u32; width];
        for (y, row) in picture.data_mut(0).chunks_mut(stride).take(height).enumerate() {
            self.gains(y, 1, GAIN_MAX * 255.0 / RANGE, 255.0, &mut gains);
            for (value, gain) in row.iter_mut().zip(&gains) {
                let share = u32::from(value.saturating_sub(16)) * gain >> 12;
                *value = curve[share.min(255) as usize];
            }
        }
        let (half, half_height) = (picture.plane_width(1) as usize, picture.plane_height(1) as usize);
        for plane in [1, 2] {
            let stride = picture.stride(plane);
            for (y, row) in picture.data_mut(plane).chunks_mut(stride).take(half_height).enumerate() {
                self.gains(y, 2, COLOUR_GAIN_MAX, RANGE, &mut gains[..half]);
                for (value, gain) in row.iter_mut().zip(&gains[..half]) {
                    // At most 128 times 1.8 times 4,096.
                    let colour = (i32::from(*value) - 128) * *gain as i32 >> 12;
                    *value = (128 + colour).clamp(16, 240) as u8;
                }
            }
        }
    }

    /// By what each pixel of a row is multiplied, in parts of 4,096: `white` by the paper there, at most `most`. A plane may have only
    /// every `every`th pixel.
    fn gains(&self, y: usize, every: usize, most: f32, white: f32, gains: &mut [u32]) {
        let place = |at: usize, count: usize| {
            let at = ((at * every) as f32 + 0.5) / CELL as f32 - 0.5;
            let first = (at.max(0.0) as usize).min(count - 1);
            (first, (first + 1).min(count - 1), (at - first as f32).clamp(0.0, 1.0))
        };
        let (above, below, fy) = place(y, self.rows);
        let column = |c: usize| {
            let (a, b) = (self.paper[above * self.columns + c], self.paper[below * self.columns + c]);
            (white / (a + (b - a) * fy).max(1.0)).clamp(0.8, most) * 4096.0
        };
        let columns: Vec<f32> = (0..self.columns).map(column).collect();
        for (x, gain) in gains.iter_mut().enumerate() {
            let (left, right, fx) = place(x, self.columns);
            *gain = (columns[left] + (columns[right] - columns[left]) * fx) as u32;
        }
    }
}

/// What a cell of a picture holds.
fn cell(picture: &Video, column: usize, row: usize) -> Cell {
    let values = |plane: usize, size: usize| {
        let (width, height, stride) = (picture.plane_width(plane) as usize, picture.plane_height(plane) as usize, picture.stride(plane));
        let (left, top) = (column * size, row * size);
        let right = (left + size).min(width);
        picture.data(plane).chunks(stride).take(height.min(top + size)).skip(top).flat_map(move |r| r[left.min(right)..right].iter().copied())
    };
    let mean = |values: &mut dyn Iterator<Item = u8>| {
        let (sum, count) = values.fold((0u32, 0u32), |(sum, count), v| (sum + u32::from(v), count + 1));
        sum as f32 / count.max(1) as f32
    };
    let all = mean(&mut values(0, CELL));
    let light = (mean(&mut values(0, CELL).filter(|v| f32::from(*v) >= all)) - BLACK).max(1.0);
    let colour = [1, 2].map(|plane| (mean(&mut values(plane, CELL / 2)) - 128.0) / light);
    Cell { light, colour }
}
