//! Handing configuration bytes to an FFmpeg codec context, and taking them out: the one place that touches `extradata`.

use ffmpeg::ffi;
use ffmpeg_the_third as ffmpeg;

/// Silences FFmpeg's own log: what is wrong with a stream is told by our errors.
pub fn quiet() {
    ffmpeg::log::set_level(ffmpeg::log::Level::Quiet);
}

/// Why a codec context could not be configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is not enough memory to configure a codec")]
pub struct OutOfMemory;

/// Gives a context that is not yet open its out-of-band configuration (`avcC`, AudioSpecificConfig).
pub(crate) fn set_extradata(context: &mut ffmpeg::codec::Context, bytes: &[u8]) -> Result<(), OutOfMemory> {
    let padding = ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize;
    let size = i32::try_from(bytes.len()).map_err(|_| OutOfMemory)?;
    // SAFETY: the context is owned by us and not open; the buffer is allocated by FFmpeg's allocator with the padding that
    // it demands, zeroed, filled within its length, and given to the context, which frees it.
    unsafe {
        let buffer = ffi::av_mallocz(bytes.len() + padding).cast::<u8>();
        if buffer.is_null() {
            return Err(OutOfMemory);
        }
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), buffer, bytes.len());
        let raw = context.as_mut_ptr();
        ffi::av_freep((&raw mut (*raw).extradata).cast());
        (*raw).extradata = buffer;
        (*raw).extradata_size = size;
    }
    Ok(())
}

/// The out-of-band configuration of an open encoder.
#[cfg(feature = "make")]
pub(crate) fn extradata(context: &ffmpeg::codec::Context) -> Vec<u8> {
    // SAFETY: an open context's extradata is either null or extradata_size readable bytes that live as long as it.
    unsafe {
        let raw = context.as_ptr();
        match (usize::try_from((*raw).extradata_size), (*raw).extradata.is_null()) {
            (Ok(size), false) => std::slice::from_raw_parts((*raw).extradata, size).to_vec(),
            _ => Vec::new(),
        }
    }
}
