//! A reduced picture as the search for a sheet wants it: brightness and two colour differences as numbers, once with everything and
//! once without what is written.

/// Edge of the square, in pixels to each side, within which dark strokes on light paper are filled in, and light specks removed.
const STROKE: usize = 3;

/// Brightness, red less green, and blue less the mean of both, row by row, each about 0 to 255.
#[derive(Debug, Clone)]
pub(crate) struct Planes {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) of: [Vec<f32>; 3],
}

impl Planes {
    /// From rows of blue, green, red without padding. Missing bytes are black.
    pub(crate) fn from_bgr(bgr: &[u8], width: usize, height: usize) -> Self {
        let mut of = [0; 3].map(|_: u8| Vec::with_capacity(width * height));
        for pixel in bgr.as_chunks::<3>().0.iter().take(width * height) {
            let [b, g, r] = pixel.map(f32::from);
            of[0].push(0.114 * b + 0.587 * g + 0.299 * r);
            of[1].push(r - g);
            of[2].push(b - (r + g) / 2.0);
        }
        of.iter_mut().for_each(|plane| plane.resize(width * height, 0.0));
        Self { width, height, of }
    }

    /// Half as wide and high, each pixel the mean of four.
    pub(crate) fn half(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let of = self.of.each_ref().map(|plane| {
            let mut out = Vec::with_capacity(width * height);
            for y in 0..height {
                let (above, below) = plane[2 * y * self.width..].split_at(self.width);
                out.extend((0..width).map(|x| (above[2 * x] + above[2 * x + 1] + below[2 * x] + below[2 * x + 1]) / 4.0));
            }
            out
        });
        Self { width, height, of }
    }

    /// Without writing and grain: strokes are filled with what surrounds them, then all is smoothed a little.
    pub(crate) fn without_strokes(&self) -> Self {
        let (w, h) = (self.width, self.height);
        let brightness = erode(&dilate(&self.of[0], w, h), w, h);
        let brightness = dilate(&erode(&brightness, w, h), w, h);
        let of = [smooth(&smooth(&smooth(&brightness, w, h), w, h), w, h), smooth(&smooth(&self.of[1], w, h), w, h), smooth(&smooth(&self.of[2], w, h), w, h)];
        Self { width: w, height: h, of }
    }

    /// The value of a plane between pixels; the nearest at the borders.
    pub(crate) fn at(&self, plane: usize, x: f32, y: f32) -> f32 {
        let (x, y) = (x.clamp(0.0, (self.width - 1) as f32), y.clamp(0.0, (self.height - 1) as f32));
        let (left, top) = ((x as usize).min(self.width.saturating_sub(2)), (y as usize).min(self.height.saturating_sub(2)));
        let (fx, fy) = (x - left as f32, y - top as f32);
        let at = top * self.width + left;
        let p = &self.of[plane];
        let (above, below) = (p[at] + (p[at + 1] - p[at]) * fx, p[at + self.width] + (p[at + self.width + 1] - p[at + self.width]) * fx);
        above + (below - above) * fy
    }

    /// The value of the pixel at a place; of the nearest beyond the borders.
    pub(crate) fn near(&self, plane: usize, x: f32, y: f32) -> f32 {
        // From below 0 and above the largest it saturates.
        let (x, y) = (((x + 0.5) as usize).min(self.width - 1), ((y + 0.5) as usize).min(self.height - 1));
        self.of[plane][y * self.width + x]
    }

    /// Whether there is enough of it to look at.
    pub(crate) fn is_usable(&self) -> bool {
        self.width >= 32 && self.height >= 32
    }

    /// Standard deviation of the noise of the brightness (Immerkær, "Fast noise variance estimation", 1996), with the median for the mean,
    /// so that edges do not count.
    pub(crate) fn noise(&self) -> f32 {
        let (w, y) = (self.width, &self.of[0]);
        let mut found: Vec<f32> = Vec::new();
        for row in (1..self.height - 1).step_by(3) {
            for x in (1..w - 1).step_by(3) {
                let at = row * w + x;
                let corners = y[at - w - 1] + y[at - w + 1] + y[at + w - 1] + y[at + w + 1];
                let sides = y[at - w] + y[at - 1] + y[at + 1] + y[at + w];
                found.push((4.0 * y[at] - 2.0 * sides + corners).abs());
            }
        }
        let middle = found.len() / 2;
        // The response to noise of deviation 1 has deviation 6; the median of its magnitude is 0.6745 of that.
        if found.is_empty() { 0.0 } else { *found.select_nth_unstable_by(middle, f32::total_cmp).1 / (6.0 * 0.6745) }
    }
}

fn dilate(plane: &[f32], w: usize, h: usize) -> Vec<f32> {
    window(plane, w, h, f32::max)
}

fn erode(plane: &[f32], w: usize, h: usize) -> Vec<f32> {
    window(plane, w, h, f32::min)
}

/// The largest or least of each pixel's square, first by rows, then by columns.
fn window(plane: &[f32], w: usize, h: usize, better: fn(f32, f32) -> f32) -> Vec<f32> {
    let mut rows = Vec::with_capacity(w * h);
    for row in plane.chunks_exact(w) {
        rows.extend((0..w).map(|x| row[x.saturating_sub(STROKE)..(x + STROKE + 1).min(w)].iter().copied().reduce(better).unwrap_or(0.0)));
    }
    let mut out = vec![0.0; w * h];
    for (y, to) in out.chunks_exact_mut(w).enumerate() {
        let (from, until) = (y.saturating_sub(STROKE), (y + STROKE + 1).min(h));
        to.copy_from_slice(&rows[from * w..(from + 1) * w]);
        for other in from + 1..until {
            for (to, from) in to.iter_mut().zip(&rows[other * w..(other + 1) * w]) {
                *to = better(*to, *from);
            }
        }
    }
    out
}

/// A quarter, a half, a quarter, each way.
fn smooth(plane: &[f32], w: usize, h: usize) -> Vec<f32> {
    let mut rows = Vec::with_capacity(w * h);
    for row in plane.chunks_exact(w) {
        rows.extend((0..w).map(|x| (row[x.saturating_sub(1)] + 2.0 * row[x] + row[(x + 1).min(w - 1)]) / 4.0));
    }
    let mut out = Vec::with_capacity(w * h);
    for y in 0..h {
        let at = |y: usize| &rows[y * w..(y + 1) * w];
        let (above, here, below) = (at(y.saturating_sub(1)), at(y), at((y + 1).min(h - 1)));
        out.extend(above.iter().zip(here).zip(below).map(|((a, b), c)| (a + 2.0 * b + c) / 4.0));
    }
    out
}
