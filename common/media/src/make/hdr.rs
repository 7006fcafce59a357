//! Pictures of high dynamic range or wide gamut become BT.709 of standard range, by light and not by code values.
//!
//! A step of the scaler, on RGB of 16 bits: code values → light on the screen → tone curve → BT.709 primaries → code values.
//! Sources: PQ and its numbers SMPTE ST 2084, HLG ITU-R BT.2100, the tone curve ITU-R BT.2390 (section 5.4.1), reference
//! white ITU-R BT.2408, primaries ITU-R BT.2087, the screen of standard range ITU-R BT.1886.

use ffmpeg::Rational;
use ffmpeg::color::{Primaries, TransferCharacteristic};
use ffmpeg::frame::{Video, side_data};
use ffmpeg_the_third as ffmpeg;
use std::sync::Arc;

/// Light of a white page, in cd/m²: what becomes full white.
const WHITE: f32 = 203.0;
/// Peak of a source that does not say, in cd/m²; and of HLG, whose system gamma is made for it.
const PEAK: f32 = 1000.0;
/// The end of PQ, in cd/m².
const PQ_END: f32 = 10_000.0;
/// Steps of the tables; for code values the upper 12 of 16 bits.
const STEPS: usize = 4096;
/// BT.2020 to BT.709 in linear light.
const TO_709: [[f32; 3]; 3] = [[1.660_491, -0.587_641, -0.072_85], [-0.124_55, 1.132_9, -0.008_349], [-0.018_151, -0.100_579, 1.118_73]];

/// What the code values of a picture mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Light {
    /// SMPTE ST 2084 with BT.2020 primaries; the peak in cd/m².
    Pq { peak: u16 },
    /// Hybrid log-gamma with BT.2020 primaries.
    Hlg,
    /// Standard range with BT.2020 primaries.
    Wide,
}

impl Light {
    /// Of a picture; nothing when it needs no more than its matrix.
    pub(crate) fn of(frame: &Video) -> Option<Self> {
        match frame.color_transfer_characteristic() {
            TransferCharacteristic::SMPTE2084 => Some(Self::Pq { peak: peak(frame) }),
            TransferCharacteristic::ARIB_STD_B67 => Some(Self::Hlg),
            _ if frame.color_primaries() == Primaries::BT2020 => Some(Self::Wide),
            _ => None,
        }
    }

    fn peak(self) -> f32 {
        match self {
            Self::Pq { peak } => f32::from(peak),
            Self::Hlg => PEAK,
            Self::Wide => WHITE,
        }
    }

    /// Light of a code value from 0 to 1, in cd/m²; for HLG that of the scene, from 0 to 1.
    fn linear(self, code: f32) -> f32 {
        match self {
            Self::Pq { .. } => pq_to_light(code),
            Self::Hlg if code <= 0.5 => code * code / 3.0,
            Self::Hlg => (((code - 0.559_910_7) / 0.178_832_77).exp() + 0.284_668_92) / 12.0,
            Self::Wide => code.powf(2.4) * WHITE,
        }
    }
}

/// Peak of the mastering display where the picture tells it.
fn peak(frame: &Video) -> u16 {
    let told = frame.side_data(side_data::Type::MasteringDisplayMetadata).and_then(|d| {
        // Eight pairs for primaries and white, then least and most light, as pairs of 32-bit numbers; then whether they hold.
        let (most, holds) = (d.data().get(72..80)?, d.data().get(84..88)?);
        let number = |b: &[u8]| b.first_chunk().map(|b| i32::from_ne_bytes(*b));
        let (num, den) = (number(most)?, number(&most[4..])?);
        (number(holds)? != 0 && den > 0).then(|| f64::from(Rational(num, den)) as f32)
    });
    // Below white there is nothing to map; the end of PQ fits.
    told.filter(|p| p.is_finite() && *p > 0.0).unwrap_or(PEAK).clamp(WHITE, PQ_END).round() as u16
}

fn pq_to_light(code: f32) -> f32 {
    let (m1, m2, c1, c2, c3) = (0.159_301_76, 78.843_75, 0.835_937_5, 18.851_563, 18.687_5);
    let p = code.max(0.0).powf(1.0 / m2);
    PQ_END * ((p - c1).max(0.0) / (c2 - c3 * p)).powf(1.0 / m1)
}

fn light_to_pq(light: f32) -> f32 {
    let (m1, m2, c1, c2, c3) = (0.159_301_76, 78.843_75, 0.835_937_5, 18.851_563, 18.687_5);
    let p = (light / PQ_END).max(0.0).powf(m1);
    ((c1 + c2 * p) / (1.0 + c3 * p)).powf(m2)
}

/// The light that a screen of [`WHITE`] shows for light of a source with this peak.
fn tone(light: f32, peak: f32) -> f32 {
    let end = light_to_pq(peak);
    let (code, most) = ((light_to_pq(light) / end).min(1.0), light_to_pq(WHITE) / end);
    let knee = 1.5 * most - 0.5;
    if code <= knee || most >= 1.0 {
        return light.min(WHITE);
    }
    let t = (code - knee) / (1.0 - knee);
    let (t2, t3) = (t * t, t * t * t);
    let bent = (2.0 * t3 - 3.0 * t2 + 1.0) * knee + (t3 - 2.0 * t2 + t) * (1.0 - knee) + (3.0 * t2 - 2.0 * t3) * most;
    pq_to_light(bent * end).min(WHITE)
}

/// Tables for one kind of light.
#[derive(Debug, Clone)]
pub(crate) struct ToneMap {
    light: Light,
    linear: Arc<[f32]>,
    /// By the square root of the light: what it is multiplied with.
    ratio: Arc<[f32]>,
    /// By the square root of the light of a screen: its code value in 16 bits.
    codes: Arc<[u16]>,
}

impl ToneMap {
    pub(crate) fn new(light: Light) -> Self {
        let table = |f: &dyn Fn(f32) -> f32| (0..STEPS).map(|i| f(i as f32 / (STEPS - 1) as f32)).collect::<Arc<[f32]>>();
        let ratio = |root: f32| {
            let light_now = root * root * PQ_END;
            if light_now > 0.0 { tone(light_now, light.peak()) / light_now } else { 1.0 }
        };
        let codes = (0..STEPS).map(|i| ((i as f32 / (STEPS - 1) as f32).powf(2.0 / 2.4) * 65_535.0).round() as u16).collect();
        Self { light, linear: table(&|code| light.linear(code)), ratio: table(&ratio), codes }
    }

    /// Changes a picture of packed 16-bit RGB of the machine's order in place.
    pub(crate) fn run(&self, frame: &mut Video) {
        let (row, stride) = (frame.width() as usize * 6, frame.stride(0));
        for line in frame.data_mut(0).chunks_mut(stride.max(1)) {
            for pixel in line.get_mut(..row).unwrap_or_default().chunks_exact_mut(6) {
                let code = |i: usize| u16::from_ne_bytes([pixel[2 * i], pixel[2 * i + 1]]);
                let out = self.pixel([code(0), code(1), code(2)]);
                for (bytes, value) in pixel.chunks_exact_mut(2).zip(out) {
                    bytes.copy_from_slice(&value.to_ne_bytes());
                }
            }
        }
        frame.set_color_primaries(Primaries::BT709);
        frame.set_color_transfer_characteristic(TransferCharacteristic::BT709);
        // What describes the source's light describes this picture no more.
        frame.remove_side_data(side_data::Type::MasteringDisplayMetadata);
        frame.remove_side_data(side_data::Type::ContentLightLevel);
    }

    fn pixel(&self, code: [u16; 3]) -> [u16; 3] {
        // Table indices are below STEPS: 12 bits of code, and roots that are limited to 1.
        let mut rgb = code.map(|c| self.linear[usize::from(c >> 4)]);
        if self.light == Light::Hlg {
            // The system gamma of 1.2 acts on luminance.
            let luminance = 0.2627 * rgb[0] + 0.678 * rgb[1] + 0.0593 * rgb[2];
            let gain = PEAK * luminance.powf(0.2);
            rgb = rgb.map(|v| v * gain);
        }
        let most = rgb[0].max(rgb[1]).max(rgb[2]);
        let scale = at(&self.ratio, most / PQ_END) / WHITE;
        let rgb = rgb.map(|v| v * scale);
        TO_709.map(|row| at(&self.codes, row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2]))
    }
}

/// The entry of a table by square root for a value from 0 to 1.
fn at<T: Copy>(table: &[T], value: f32) -> T {
    let index = (value.clamp(0.0, 1.0).sqrt() * (STEPS - 1) as f32).round() as usize;
    table[index.min(table.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_and_code_are_inverse() {
        // ST 2084: 100 cd/m² is 0.508, 1,000 is 0.752, 10,000 is 1.
        for (light, code) in [(0.0, 0.0), (100.0, 0.508), (203.0, 0.581), (1000.0, 0.752), (10_000.0, 1.0)] {
            assert!((light_to_pq(light) - code).abs() < 0.001, "{light}");
            assert!((pq_to_light(light_to_pq(light)) - light).abs() <= light * 0.002, "{light}");
        }
        // BT.2408: HLG at 75 % is a white page of 203 cd/m², at 100 % the peak.
        for (code, want) in [(0.75f32, 203.0), (1.0, 1000.0)] {
            let scene = Light::Hlg.linear(code);
            let light = PEAK * scene.powf(1.2);
            assert!((light - want).abs() < want * 0.02, "{code}: {light}");
        }
    }

    #[test]
    fn the_curve_keeps_the_dark_bends_the_bright_and_never_falls() {
        for light in [0.1, 1.0, 10.0, 50.0] {
            assert!((tone(light, 1000.0) - light).abs() < 0.01 * light, "{light}");
        }
        let curve: Vec<_> = (0..=1000).map(|l| tone(l as f32, 1000.0)).collect();
        assert!(curve.windows(2).all(|w| w[0] <= w[1] + 0.02), "falls");
        assert!((curve[1000] - WHITE).abs() < 1.0, "the peak is {}", curve[1000]);
        let page = curve[203];
        assert!((140.0..190.0).contains(&page), "a white page is {page}");
    }

    #[test]
    fn grey_stays_grey_and_a_white_page_is_bright() {
        let codes = |light: Light, code: f32| ToneMap::new(light).pixel([(code * 65_535.0) as u16; 3]).map(|c| f32::from(c) / 65_535.0);
        for (light, code, want) in [
            (Light::Pq { peak: 1000 }, 0.581, 0.86..0.97),
            (Light::Hlg, 0.75, 0.86..0.97),
            (Light::Pq { peak: 1000 }, 0.752, 0.99..1.01),
            (Light::Hlg, 1.0, 0.99..1.01),
            (Light::Wide, 0.5, 0.49..0.51),
            (Light::Wide, 1.0, 0.99..1.01),
            (Light::Pq { peak: 4000 }, 0.0, -0.01..0.01),
        ] {
            let [r, g, b] = codes(light, code);
            assert!(want.contains(&r), "{light:?} at {code}: {r}");
            assert!((r - g).abs() < 0.01 && (g - b).abs() < 0.01, "{light:?} at {code}: {r} {g} {b}");
        }
    }
}
