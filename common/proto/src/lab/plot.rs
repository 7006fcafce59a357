//! A plot with axes, curves and measured points with their intervals, as data and as SVG.
//!
//! The SVG has no scripts, no styles from elsewhere and no fonts of its own: any browser or word processor shows it. Series differ by
//! shape and dash as well as by colour.

use std::fmt::Write;

/// Size of the picture, and where the axes are in it.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 560.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 400.0;
/// Series 1 to 4 of the light theme, then the neutral one.
const COLOURS: [&str; 5] = ["#1A5BBF", "#8F5E00", "#17714A", "#6A43C2", "#454D57"];

/// How numbers lie on an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    Linear,
    /// By powers of ten; both ends are above 0.
    Log,
}

/// An axis and its ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// With its unit.
    pub label: String,
    pub scale: Scale,
    pub low: f64,
    pub high: f64,
}

impl Axis {
    /// Where a number lies: 0 at the low end, 1 at the high one; none where it has no place on the axis at all.
    #[must_use]
    pub fn place(&self, value: f64) -> Option<f64> {
        let place = match self.scale {
            Scale::Linear => (value - self.low) / (self.high - self.low),
            Scale::Log if value <= 0.0 => return None,
            Scale::Log => (value / self.low).log10() / (self.high / self.low).log10(),
        };
        place.is_finite().then_some(place)
    }

    /// Numbers that get a line and a label, ascending: powers of ten, or some five round ones.
    #[must_use]
    pub fn ticks(&self) -> Vec<f64> {
        if !(self.low < self.high && self.low.is_finite() && self.high.is_finite()) || (self.scale == Scale::Log && self.low <= 0.0) {
            return Vec::new();
        }
        match self.scale {
            Scale::Log => {
                let (first, last) = ((self.low.log10() - 1e-9).ceil() as i32, (self.high.log10() + 1e-9).floor() as i32);
                let each = 1 + (last - first).max(0) / 9;
                (first..=last).filter(|i| (last - i) % each == 0).map(|i| 10f64.powi(i)).collect()
            }
            Scale::Linear => {
                let rough = (self.high - self.low) / 5.0;
                let unit = 10f64.powf(rough.log10().floor());
                let step = [1.0, 2.0, 5.0].into_iter().map(|m| m * unit).find(|step| *step >= rough * 0.999).unwrap_or(10.0 * unit);
                let (first, last) = ((self.low / step - 1e-9).ceil() as i64, (self.high / step + 1e-9).floor() as i64);
                (first..=last).map(|i| i as f64 * step).collect()
            }
        }
    }

    /// The label of a tick.
    #[must_use]
    pub fn text(&self, value: f64) -> String {
        if self.scale == Scale::Log && !(1e-3..1e4).contains(&value) {
            return format!("1e{}", value.log10().round());
        }
        let text = format!("{value:.4}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// A measured point and its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    pub x: f64,
    pub y: f64,
    pub low: f64,
    pub high: f64,
}

/// A curve and the points on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub name: String,
    /// Without points: the thing that others are compared with.
    pub is_dashed: bool,
    pub curve: Vec<(f64, f64)>,
    pub marks: Vec<Mark>,
}

/// All of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    pub title: String,
    /// Below the names of the series, a line each.
    pub notes: Vec<String>,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
}

impl Plot {
    /// The picture, on white.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" font-family=\"Inter, sans-serif\" \
             font-size=\"12\" fill=\"#14171A\">\n<rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n<clipPath id=\"inside\"><rect x=\"{LEFT}\" y=\"{TOP}\" \
             width=\"{}\" height=\"{}\"/></clipPath>\n<text x=\"{LEFT}\" y=\"26\" font-size=\"15\" font-weight=\"600\">{}</text>\n",
            RIGHT - LEFT,
            BOTTOM - TOP,
            escaped(&self.title)
        );
        self.axes(&mut out);
        let mut neutral = 0;
        for (i, series) in self.series.iter().enumerate() {
            neutral += usize::from(series.is_dashed);
            let colour = if series.is_dashed { COLOURS[4] } else { COLOURS[(i - neutral) % 4] };
            self.one(&mut out, series, colour, i - neutral.min(i));
            self.legend(&mut out, series, colour, i - neutral.min(i), TOP + 12.0 + 22.0 * i as f64);
        }
        for (i, note) in self.notes.iter().enumerate() {
            let y = TOP + 28.0 + 22.0 * self.series.len() as f64 + 16.0 * i as f64;
            let _ = writeln!(out, "<text x=\"{}\" y=\"{y}\" font-size=\"11\" fill=\"#5F6873\">{}</text>", RIGHT + 16.0, escaped(note));
        }
        out.push_str("</svg>\n");
        out
    }

    fn at(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (x, y) = (self.x.place(x)?, self.y.place(y)?);
        Some((LEFT + x * (RIGHT - LEFT), BOTTOM - y * (BOTTOM - TOP)))
    }

    fn axes(&self, out: &mut String) {
        for tick in self.x.ticks() {
            let x = LEFT + self.x.place(tick).unwrap_or_default() * (RIGHT - LEFT);
            let _ = writeln!(out, "<path d=\"M{x:.1} {TOP}V{BOTTOM}\" stroke=\"#DEE2E6\"/>");
            let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>", BOTTOM + 18.0, self.x.text(tick));
        }
        for tick in self.y.ticks() {
            let y = BOTTOM - self.y.place(tick).unwrap_or_default() * (BOTTOM - TOP);
            let _ = writeln!(out, "<path d=\"M{LEFT} {y:.1}H{RIGHT}\" stroke=\"#DEE2E6\"/>");
            let _ = writeln!(out, "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>", LEFT - 8.0, y + 4.0, self.y.text(tick));
        }
        let _ = writeln!(out, "<path d=\"M{LEFT} {TOP}V{BOTTOM}H{RIGHT}\" fill=\"none\" stroke=\"#5F6873\"/>");
        let middle = f64::midpoint(LEFT, RIGHT);
        let _ = writeln!(out, "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>", BOTTOM + 42.0, escaped(&self.x.label));
        let y = f64::midpoint(TOP, BOTTOM);
        let _ = writeln!(out, "<text transform=\"translate(18 {y}) rotate(-90)\" text-anchor=\"middle\">{}</text>", escaped(&self.y.label));
    }

    fn one(&self, out: &mut String, series: &Series, colour: &str, shape: usize) {
        let mut path = String::new();
        for (x, y) in series.curve.iter().filter_map(|(x, y)| self.at(*x, *y)) {
            let _ = write!(path, "{}{x:.1} {:.1}", if path.is_empty() { "M" } else { "L" }, y.clamp(-9999.0, 9999.0));
        }
        let dash = if series.is_dashed { " stroke-dasharray=\"5 4\"" } else { "" };
        let _ = writeln!(out, "<g clip-path=\"url(#inside)\"><path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\"{dash}/>");
        for mark in &series.marks {
            let (low, high) = (self.at(mark.x, mark.low.max(self.y.low)), self.at(mark.x, mark.high));
            if let Some(((x, low), (_, high))) = low.zip(high) {
                let _ = writeln!(out, "<path d=\"M{x:.1} {low:.1}V{high:.1}M{:.1} {low:.1}h6M{:.1} {high:.1}h6\" stroke=\"{colour}\"/>", x - 3.0, x - 3.0);
            }
            if let Some((x, y)) = self.at(mark.x, mark.y) {
                let _ = writeln!(out, "{}", drawn(shape, x, y, colour));
            }
        }
        out.push_str("</g>\n");
    }

    fn legend(&self, out: &mut String, series: &Series, colour: &str, shape: usize, y: f64) {
        let (x, dash) = (RIGHT + 16.0, if series.is_dashed { " stroke-dasharray=\"5 4\"" } else { "" });
        let _ = writeln!(out, "<path d=\"M{x} {y}h24\" stroke=\"{colour}\" stroke-width=\"1.6\"{dash}/>");
        if !series.is_dashed {
            let _ = writeln!(out, "{}", drawn(shape, x + 12.0, y, colour));
        }
        let _ = writeln!(out, "<text x=\"{}\" y=\"{}\">{}</text>", x + 32.0, y + 4.0, escaped(&series.name));
    }
}

/// Circle, square, diamond, triangle.
fn drawn(shape: usize, x: f64, y: f64, colour: &str) -> String {
    let path = match shape % 4 {
        0 => return format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"#FFFFFF\" stroke=\"{colour}\" stroke-width=\"1.6\"/>"),
        1 => "m-3.5-3.5h7v7h-7z",
        2 => "m0-4.5l4.5 4.5l-4.5 4.5l-4.5-4.5z",
        _ => "m0-4.5l4.5 8h-9z",
    };
    format!("<path d=\"M{x:.1} {y:.1}{path}\" fill=\"#FFFFFF\" stroke=\"{colour}\" stroke-width=\"1.6\"/>")
}

/// Text between tags.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(scale: Scale, low: f64, high: f64) -> Axis {
        Axis { label: "p".to_owned(), scale, low, high }
    }

    #[test]
    fn ticks_are_round() {
        let check = |scale, low, high, texts: &[&str]| {
            let axis = axis(scale, low, high);
            assert_eq!(axis.ticks().into_iter().map(|t| axis.text(t)).collect::<Vec<_>>(), texts);
        };
        check(Scale::Log, 1e-3, 0.5, &["0.001", "0.01", "0.1"]);
        check(Scale::Log, 1e-12, 1.0, &["1e-12", "1e-10", "1e-8", "1e-6", "1e-4", "0.01", "1"]);
        check(Scale::Linear, 0.0, 1.0, &["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        check(Scale::Linear, 0.0, 0.3, &["0", "0.1", "0.2", "0.3"]);
        check(Scale::Linear, 1.0, 1.0, &[]);
        check(Scale::Log, 0.0, 1.0, &[]);
    }

    #[test]
    fn a_picture_is_well_formed_and_says_everything() {
        let mark = Mark { x: 0.01, y: 1e-4, low: 0.0, high: 2e-4 };
        let series = |name: &str, is_dashed| Series { name: name.to_owned(), is_dashed, curve: vec![(1e-3, 1e-6), (0.0, 0.0), (0.1, 1e-2)], marks: vec![mark] };
        let plot = Plot {
            title: "<\"&".to_owned(),
            notes: vec!["lines: theory".to_owned()],
            x: axis(Scale::Log, 1e-3, 0.5),
            y: axis(Scale::Log, 1e-8, 1.0),
            series: vec![series("none", true), series("(7,4)", false), series("(15,11)", false)],
        };
        let svg = plot.to_svg();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && !svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert!(["&lt;&quot;&amp;", ">(7,4)<", ">(15,11)<", ">lines: theory<", "stroke-dasharray"].iter().all(|part| svg.contains(part)), "{svg}");
        // Tags close in the order in which they were opened.
        let mut open = Vec::new();
        for tag in svg.split('<').skip(1).filter_map(|t| t.split_once('>')).map(|(tag, _)| tag).filter(|tag| !tag.ends_with('/')) {
            match tag.strip_prefix('/') {
                Some(closed) => assert_eq!(open.pop(), Some(closed.to_owned())),
                None => open.push(tag.split(' ').next().unwrap_or_default().to_owned()),
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}
