//! AAC-LC in Rust. Tracks are 48 kHz mono or stereo, as the server prepares them; anything else is refused.

use super::guarded;
use crate::audio_decoder::{AudioEngine, CHANNELS, SAMPLE_RATE_HZ};
use crate::video_decoder::DecodeError;
use lectern_proto::fmp4::{AudioConfig, Sample};
use symphonia_codec_aac::AacDecoder;
use symphonia_core::audio::{Audio as _, AudioBuffer, GenericAudioBufferRef};
use symphonia_core::codecs::audio::well_known::CODEC_ID_AAC;
use symphonia_core::codecs::audio::{AudioCodecParameters, AudioDecoder as _, AudioDecoderOptions};
use symphonia_core::packet::PacketRef;
use symphonia_core::units::{Duration, Timestamp};

/// An open decoder.
pub(crate) struct Audio {
    decoder: AacDecoder,
    parameters: AudioCodecParameters,
}

impl Audio {
    pub(crate) fn new(config: &AudioConfig) -> Result<Self, DecodeError> {
        let mut parameters = AudioCodecParameters::new();
        parameters.for_codec(CODEC_ID_AAC).with_extra_data(config.asc.to_vec().into_boxed_slice());
        let decoder = open(&parameters)?;
        let (rate, channels) = (decoder.codec_params().sample_rate, decoder.codec_params().channels.as_ref().map_or(0, |c| c.count()));
        if rate != Some(SAMPLE_RATE_HZ) || !(1..=CHANNELS).contains(&channels) {
            return Err(DecodeError::Configuration("its sound is not 48 kHz mono or stereo".to_owned()));
        }
        Ok(Self { decoder, parameters })
    }
}

fn open(parameters: &AudioCodecParameters) -> Result<AacDecoder, DecodeError> {
    let refused = |e: symphonia_core::errors::Error| DecodeError::Configuration(e.to_string());
    guarded(|| AacDecoder::try_new(parameters, &AudioDecoderOptions::default()).map_err(refused))
}

impl AudioEngine for Audio {
    fn decode(&mut self, sample: &Sample) -> Result<Option<Vec<f32>>, DecodeError> {
        let packet = PacketRef::new(0, Timestamp::ZERO, Duration::ZERO, &sample.data);
        let decoder = &mut self.decoder;
        let decoded = guarded(|| match decoder.decode_ref(&packet) {
            Ok(GenericAudioBufferRef::F32(sound)) => Ok(interleaved(sound)),
            Ok(_) => Err(DecodeError::Format),
            Err(e) => Err(DecodeError::Damaged(e.to_string())),
        });
        if decoded.is_err() {
            self.decoder = open(&self.parameters)?;
        }
        decoded.map(|samples| (!samples.is_empty()).then_some(samples))
    }

    fn flush(&mut self) {
        self.decoder.reset();
    }
}

fn interleaved(sound: &AudioBuffer<f32>) -> Vec<f32> {
    let Some(left) = sound.plane(0) else { return Vec::new() };
    let right = sound.plane(1).unwrap_or(left);
    left.iter().zip(right).flat_map(|(l, r)| [*l, *r]).collect()
}
