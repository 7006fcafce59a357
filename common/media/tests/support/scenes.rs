//! Scenes for the document camera, drawn with known corners: a sheet with writing on desks of all kinds, boards, shadows, hands,
//! noise; and scenes without any sheet. Nothing here looks for anything.
#![allow(dead_code, unreachable_pub, reason = "every test program uses a part of it")]

/// A colour: red, green, blue, 0 to 255.
pub type Rgb = [f32; 3];
/// A place: shares of the picture's width and height.
pub type Share = [f32; 2];

/// Size of the pictures.
pub const WIDTH: usize = 1280;
pub const HEIGHT: usize = 720;

/// What the sheet lies on.
#[derive(Debug, Clone, Copy)]
pub enum Desk {
    Plain(Rgb),
    /// Grain along x, turned by so many radians.
    Wood(Rgb, f32),
    /// Fine grain.
    Stone(Rgb),
    Stripes(Rgb, Rgb),
    /// Dark keys in rows.
    Keys,
    /// A wall with a person before it.
    Person,
}

/// What lies there.
#[derive(Debug, Clone, Copy)]
pub struct Sheet {
    /// Top left, top right, bottom right, bottom left; may lie outside of the picture.
    pub corners: [Share; 4],
    pub paper: Rgb,
    pub is_board: bool,
    /// A large dark picture is printed on it.
    pub picture: bool,
}

/// Light: how much of it falls on a place.
#[derive(Debug, Clone, Copy)]
pub enum Light {
    Even,
    /// A shadow with a straight edge: its depth, and the line where it begins.
    Shadow(f32),
    /// A lamp on one side.
    Lamp,
}

/// A scene.
#[derive(Debug, Clone)]
pub struct Scene {
    pub name: &'static str,
    pub desk: Desk,
    pub sheet: Option<Sheet>,
    pub light: Light,
    /// Hands: each comes in from an edge of the picture to a place.
    pub hands: Vec<(Share, Share)>,
    /// Pens, a cup, a telephone.
    pub things: bool,
    /// Standard deviation of the sensor's noise.
    pub noise: f32,
}

const WHITE: Rgb = [238.0, 237.0, 232.0];
const WOOD: Rgb = [150.0, 105.0, 66.0];
const DARK: Rgb = [52.0, 48.0, 46.0];
const PALE: Rgb = [206.0, 203.0, 198.0];

/// A sheet that is seen nearly from above.
pub const FLAT: [Share; 4] = [[0.27, 0.12], [0.72, 0.13], [0.735, 0.9], [0.255, 0.89]];
const TILTED: [Share; 4] = [[0.33, 0.15], [0.70, 0.18], [0.82, 0.88], [0.21, 0.83]];

/// A sheet on a desk and nothing else.
pub fn plain(name: &'static str, desk: Desk, corners: [Share; 4]) -> Scene {
    let sheet = Some(Sheet { corners, paper: WHITE, is_board: false, picture: false });
    Scene { name, desk, sheet, light: Light::Even, hands: Vec::new(), things: false, noise: 2.0 }
}

/// Scenes with a sheet.
pub fn with_sheet() -> Vec<Scene> {
    let paper = |scene: Scene, paper: Rgb| Scene { sheet: scene.sheet.map(|s| Sheet { paper, ..s }), ..scene };
    let turned = turned(35.0);
    vec![
        plain("dark desk", Desk::Stone(DARK), FLAT),
        plain("wooden desk, tilted", Desk::Wood(WOOD, 0.05), TILTED),
        plain("wood turned", Desk::Wood(WOOD, 0.6), FLAT),
        plain("light desk", Desk::Stone(PALE), TILTED),
        Scene { noise: 4.0, ..paper(plain("low contrast", Desk::Stone([186.0, 186.0, 184.0]), FLAT), [203.0, 203.0, 200.0]) },
        Scene { noise: 16.0, ..plain("sensor noise", Desk::Wood(WOOD, 0.1), TILTED) },
        Scene { light: Light::Shadow(0.5), ..plain("shadow across, wood", Desk::Wood(WOOD, 0.1), FLAT) },
        Scene { light: Light::Shadow(0.45), ..plain("shadow across, light desk", Desk::Stone(PALE), FLAT) },
        Scene { light: Light::Lamp, ..plain("lamp on one side", Desk::Wood(WOOD, 0.0), TILTED) },
        Scene { hands: vec![([1.05, 1.0], [0.70, 0.80])], ..plain("hand over a corner", Desk::Wood(WOOD, 0.1), FLAT) },
        Scene { hands: vec![([1.05, 0.7], [0.62, 0.5])], ..plain("hand over an edge", Desk::Stone(DARK), FLAT) },
        Scene { hands: vec![([0.6, 1.1], [0.45, 0.6])], light: Light::Shadow(0.6), ..plain("writing hand and shadow", Desk::Wood(WOOD, 0.1), TILTED) },
        plain("turned by 35 degrees", Desk::Wood(WOOD, 0.1), turned),
        plain("nearly filling", Desk::Wood(WOOD, 0.1), [[0.02, 0.03], [0.975, 0.02], [0.985, 0.97], [0.015, 0.98]]),
        Scene {
            sheet: Some(Sheet {
                corners: [[0.12, 0.14], [0.86, 0.1], [0.87, 0.84], [0.11, 0.78]],
                paper: [232.0, 234.0, 236.0],
                is_board: true,
                picture: false,
            }),
            ..plain("whiteboard on a wall", Desk::Plain([188.0, 182.0, 166.0]), FLAT)
        },
        plain("a corner outside", Desk::Wood(WOOD, 0.1), [[0.3, 0.2], [0.8, 0.12], [0.95, 0.8], [0.38, 1.1]]),
        plain("the lower edge outside", Desk::Stone(DARK), [[0.3, 0.2], [0.7, 0.2], [0.733, 1.0], [0.267, 1.0]]),
        paper(plain("yellow paper", Desk::Wood(WOOD, 0.1), FLAT), [236.0, 220.0, 120.0]),
        plain("striped cloth", Desk::Stripes([120.0, 60.0, 60.0], [170.0, 150.0, 140.0]), TILTED),
        Scene {
            sheet: Some(Sheet { corners: FLAT, paper: WHITE, is_board: false, picture: true }),
            ..plain("a dark picture on it", Desk::Wood(WOOD, 0.1), FLAT)
        },
        Scene { things: true, ..plain("pens, a cup, a telephone", Desk::Wood(WOOD, 0.1), [[0.36, 0.2], [0.68, 0.2], [0.7, 0.86], [0.34, 0.86]]) },
    ]
}

/// Scenes without a sheet.
pub fn without_sheet() -> Vec<Scene> {
    let bare = |name, desk| Scene { sheet: None, ..plain(name, desk, FLAT) };
    vec![
        bare("empty wooden desk", Desk::Wood(WOOD, 0.1)),
        bare("empty stone", Desk::Stone(PALE)),
        bare("empty dark desk", Desk::Stone(DARK)),
        Scene { things: true, ..bare("things on wood", Desk::Wood(WOOD, 0.3)) },
        Scene { hands: vec![([1.05, 1.0], [0.5, 0.5])], ..bare("a hand", Desk::Wood(WOOD, 0.1)) },
        Scene { light: Light::Shadow(0.5), ..bare("a shadow", Desk::Stone(PALE)) },
        bare("striped cloth alone", Desk::Stripes([120.0, 60.0, 60.0], [170.0, 150.0, 140.0])),
        bare("keys", Desk::Keys),
        bare("a person", Desk::Person),
        Scene { noise: 30.0, ..bare("noise", Desk::Plain([120.0; 3])) },
        bare("black", Desk::Plain([3.0; 3])),
    ]
}

/// An upright sheet turned in the middle of the picture.
pub fn turned(degrees: f32) -> [Share; 4] {
    let (sin, cos) = degrees.to_radians().sin_cos();
    [(-0.2, -0.283), (0.2, -0.283), (0.2, 0.283), (-0.2, 0.283)].map(|(x, y)| {
        let (x, y) = (x * cos - y * sin, x * sin + y * cos);
        [0.5 + x * HEIGHT as f32 / WIDTH as f32 * 1.2, 0.5 + y * 1.2]
    })
}

/// A number from 0 to 1 for three others, always the same.
fn hash(x: i32, y: i32, seed: u32) -> f32 {
    let mut v = (x as u32).wrapping_mul(0x9E37_79B1) ^ (y as u32).wrapping_mul(0x85EB_CA77) ^ seed.wrapping_mul(0xC2B2_AE3D);
    v = (v ^ (v >> 15)).wrapping_mul(0x2C1B_3C6D);
    v = (v ^ (v >> 12)).wrapping_mul(0x297A_2D39);
    ((v ^ (v >> 15)) & 0xFF_FFFF) as f32 / 16_777_216.0
}

/// Smooth noise from 0 to 1.
fn value(x: f32, y: f32, seed: u32) -> f32 {
    let (ix, iy) = (x.floor(), y.floor());
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (fx, fy) = (ease(x - ix), ease(y - iy));
    let at = |dx: i32, dy: i32| hash(ix as i32 + dx, iy as i32 + dy, seed);
    let (a, b) = (at(0, 0) + (at(1, 0) - at(0, 0)) * fx, at(0, 1) + (at(1, 1) - at(0, 1)) * fx);
    a + (b - a) * fy
}

fn desk(desk: Desk, x: f32, y: f32) -> Rgb {
    let (px, py) = (x * WIDTH as f32, y * HEIGHT as f32);
    match desk {
        Desk::Plain(colour) => colour,
        Desk::Wood(colour, turn) => {
            let (along, across) = (px * turn.cos() + py * turn.sin(), py * turn.cos() - px * turn.sin());
            let grain = value(along / 260.0, across / 5.0, 3) + 0.6 * value(along / 120.0, across / 17.0, 4) - 0.8;
            let plank = hash(0, (across / 150.0).floor() as i32, 9) - 0.5;
            colour.map(|c| c * (1.0 + 0.22 * grain + 0.08 * plank))
        }
        Desk::Stone(colour) => {
            let grain = value(px / 3.0, py / 3.0, 5) + value(px / 40.0, py / 40.0, 6) - 1.0;
            colour.map(|c| c * (1.0 + 0.07 * grain))
        }
        Desk::Stripes(a, b) => {
            if ((px * 0.9 + py * 0.35) / 80.0).rem_euclid(2.0) < 1.0 {
                a
            } else {
                b
            }
        }
        Desk::Keys => {
            let (kx, ky) = ((px / 74.0).rem_euclid(1.0), (py / 74.0).rem_euclid(1.0));
            if kx < 0.86 && ky < 0.84 { [44.0, 45.0, 48.0] } else { [150.0, 152.0, 155.0] }
        }
        Desk::Person => {
            let head = ((x - 0.5) / 0.09).hypot((y - 0.36) / 0.2) < 1.0;
            let body = ((x - 0.5) / 0.24).hypot((y - 1.02) / 0.45) < 1.0;
            let shelf = x > 0.78 && (y * 6.0).rem_euclid(1.0) < 0.12;
            match (head, body, shelf) {
                (true, ..) => [205.0, 160.0, 135.0],
                (_, true, _) => [60.0, 80.0, 120.0],
                (.., true) => [110.0, 80.0, 60.0],
                _ => [196.0, 190.0, 182.0].map(|c| c * (1.0 - 0.1 * x)),
            }
        }
    }
}

/// What is on a sheet, at shares of its width and height.
fn writing(sheet: &Sheet, u: f32, v: f32) -> Rgb {
    let ink: Rgb = if sheet.is_board { [40.0, 60.0, 150.0] } else { [45.0, 45.0, 52.0] };
    let (rows, letters, size) = if sheet.is_board { (12.0, 30.0, 0.3) } else { (38.0, 52.0, 0.55) };
    if sheet.is_board && (u < 0.012 || v < 0.018 || u > 0.988 || v > 0.982) {
        // Its frame belongs to the wall as much as to the board: it is part of the sheet here.
        return sheet.paper.map(|c| c * 0.97);
    }
    if sheet.picture && (0.15..0.85).contains(&u) && (0.3..0.62).contains(&v) {
        return [70.0, 60.0, 95.0];
    }
    if (0.6..0.86).contains(&u) && (0.68..0.8).contains(&v) && !sheet.picture {
        // A drawing in red.
        let ring = (((u - 0.73) / 0.12).hypot((v - 0.74) / 0.055) - 0.8).abs();
        return if ring < 0.09 { [190.0, 50.0, 50.0] } else { sheet.paper };
    }
    if !(0.1..0.9).contains(&u) || !(0.08..0.92).contains(&v) {
        return sheet.paper;
    }
    let (row, into) = ((v * rows).floor(), (v * rows).fract());
    let (letter, within) = ((u * letters).floor(), (u * letters).fract());
    let word = hash((letter / 6.0) as i32, row as i32, 1);
    let ends = hash(0, row as i32, 2) * 0.5 + 0.5 < u;
    if word < 0.12 || ends || into > size || hash(letter as i32, row as i32, 7) < 0.15 {
        return sheet.paper;
    }
    // Strokes of a letter: two upright, one across.
    let k = hash(letter as i32, row as i32, 8);
    let upright = (within - 0.2 - 0.2 * k).abs() < 0.12 || (within - 0.75).abs() < 0.1 * k;
    let across = (into / size - k).abs() < 0.16 && within < 0.8;
    if upright || across { ink } else { sheet.paper }
}

/// Where a sheet is, as the matrix from the picture to it (Heckbert 1989, section 2.2.3, inverted).
pub fn inverse(corners: &[Share; 4]) -> [[f32; 3]; 3] {
    let [p0, p1, p2, p3] = corners.map(|c| c.map(f64::from));
    let s = [p0[0] - p1[0] + p2[0] - p3[0], p0[1] - p1[1] + p2[1] - p3[1]];
    let (d1, d2) = ([p1[0] - p2[0], p1[1] - p2[1]], [p3[0] - p2[0], p3[1] - p2[1]]);
    let under = d1[0] * d2[1] - d2[0] * d1[1];
    let (g, h) = ((s[0] * d2[1] - d2[0] * s[1]) / under, (d1[0] * s[1] - s[0] * d1[1]) / under);
    let m = [[p1[0] - p0[0] + g * p1[0], p3[0] - p0[0] + h * p3[0], p0[0]], [p1[1] - p0[1] + g * p1[1], p3[1] - p0[1] + h * p3[1], p0[1]], [g, h, 1.0]];
    let minor = |r: usize, c: usize| {
        let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        (m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]) as f32
    };
    std::array::from_fn(|r| std::array::from_fn(|c| minor(c, r)))
}

/// How deep in a hand a place is: 0 at its edge, above inside.
fn hand((from, to): (Share, Share), x: f32, y: f32) -> f32 {
    let aspect = WIDTH as f32 / HEIGHT as f32;
    let (ax, ay, bx, by) = (from[0] * aspect, from[1], to[0] * aspect, to[1]);
    let (px, py) = (x * aspect, y);
    let (dx, dy) = (bx - ax, by - ay);
    let s = (((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    let far = (px - ax - dx * s).hypot(py - ay - dy * s);
    // An arm, a broader hand, fingers.
    let palm = 0.085 - (px - bx + 0.12 * dx).hypot(py - by + 0.12 * dy);
    let finger = 0.022 - (px - bx - 0.05 * dx).hypot(py - by - 0.02);
    (0.055 - far).max(palm).max(finger)
}

fn thing(x: f32, y: f32) -> Option<Rgb> {
    let aspect = WIDTH as f32 / HEIGHT as f32;
    let cup = ((x - 0.12) * aspect).hypot(y - 0.25);
    if cup < 0.13 {
        return Some(if cup < 0.1 { [60.0, 40.0, 30.0] } else { [220.0, 220.0, 225.0] });
    }
    if (0.82..0.92).contains(&(x + 0.1 * y)) && (0.5..0.86).contains(&y) {
        return Some([25.0, 26.0, 30.0]);
    }
    let pen = |cx: f32, cy: f32, slope: f32| ((y - cy) - slope * (x - cx)).abs() < 0.008 && (x - cx).abs() < 0.09;
    if pen(0.14, 0.72, 0.8) {
        return Some([30.0, 60.0, 160.0]);
    }
    pen(0.86, 0.2, -1.4).then_some([200.0, 50.0, 40.0])
}

impl Scene {
    /// The picture in blue, green, red; `number` chooses the noise.
    pub fn bgr(&self, number: u32) -> Vec<u8> {
        self.noisy(&self.clean(), number)
    }

    /// The picture without the sensor's noise.
    pub fn clean(&self) -> Vec<Rgb> {
        const SUB: [f32; 2] = [0.25, 0.75];
        let matrix = self.sheet.map(|s| inverse(&s.corners));
        let mut out = Vec::with_capacity(WIDTH * HEIGHT);
        for row in 0..HEIGHT {
            for column in 0..WIDTH {
                let mut sum = [0.0; 3];
                for (sy, sx) in SUB.iter().flat_map(|sy| SUB.map(|sx| (*sy, sx))) {
                    let colour = self.colour((column as f32 + sx) / WIDTH as f32, (row as f32 + sy) / HEIGHT as f32, matrix.as_ref());
                    (0..3).for_each(|k| sum[k] += colour[k] / 4.0);
                }
                out.push(sum);
            }
        }
        out
    }

    /// A clean picture as a sensor gives it.
    pub fn noisy(&self, clean: &[Rgb], number: u32) -> Vec<u8> {
        let mut out = Vec::with_capacity(clean.len() * 3);
        for (i, colour) in clean.iter().enumerate() {
            for k in [2, 1, 0] {
                // The sum of three even numbers is near enough to a bell.
                let n = |s: u32| hash(i as i32, k as i32, number.wrapping_mul(31) + s);
                let bell = (n(11) + n(12) + n(13) - 1.5) * 2.0;
                out.push((colour[k] + bell * self.noise).round().clamp(0.0, 255.0) as u8);
            }
        }
        out
    }

    fn colour(&self, x: f32, y: f32, matrix: Option<&[[f32; 3]; 3]>) -> Rgb {
        let mut colour = desk(self.desk, x, y);
        if self.things
            && let Some(thing) = thing(x, y)
        {
            colour = thing;
        }
        if let (Some(sheet), Some(m)) = (&self.sheet, matrix) {
            let [u, v, w] = m.map(|row| row[0] * x + row[1] * y + row[2]);
            let (u, v) = (u / w, v / w);
            if (0.0..1.0).contains(&u) && (0.0..1.0).contains(&v) {
                colour = writing(sheet, u, v);
            } else if (-0.012..1.012).contains(&u) && (-0.009..1.009).contains(&v) {
                // Its own soft shadow, or the board's dark frame.
                let dark = if sheet.is_board { 0.45 } else { 0.86 };
                colour = colour.map(|c| c * dark);
            }
        }
        for h in &self.hands {
            let depth = hand(*h, x, y);
            if depth > 0.0 {
                colour = [206.0, 158.0, 132.0].map(|c: f32| c * (0.75 + 0.25 * (depth / 0.05).min(1.0)));
            } else if depth > -0.02 {
                colour = colour.map(|c| c * (0.75 - 12.5 * depth * 1.0).clamp(0.75, 1.0));
            }
        }
        let light = match self.light {
            Light::Even => 1.0,
            Light::Shadow(depth) => {
                let into = ((x - 0.42) + (y - 0.5) * 0.35) / 0.012;
                1.0 - depth * into.clamp(0.0, 1.0)
            }
            Light::Lamp => 1.05 - 0.65 * (x * 0.8 + y * 0.2),
        };
        colour.map(|c| (c * light).min(255.0))
    }
}
