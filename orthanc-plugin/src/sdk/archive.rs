//! Calls into Orthanc's own REST API, past the plugins and past HTTP authentication.

use super::bindings::{
    _OrthancPluginCallRestApi, _OrthancPluginGetDicomForInstance, _OrthancPluginService as Service,
    OrthancPluginErrorCode as ErrorCode, OrthancPluginMemoryBuffer,
};
use super::context::{c_text, free, invoke};
use super::http::Method;
use std::ffi::CString;
use std::ops::Deref;
use std::ptr;

/// Memory that Orthanc allocated and that is freed when dropped.
pub struct Buffer(OrthancPluginMemoryBuffer);

impl Buffer {
    fn empty() -> Buffer {
        Buffer(OrthancPluginMemoryBuffer { data: ptr::null_mut(), size: 0 })
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        if self.0.data.is_null() {
            return &[];
        }
        // SAFETY: Orthanc filled `size` bytes at `data`, and they are ours until dropped.
        unsafe { std::slice::from_raw_parts(self.0.data.cast(), self.0.size as usize) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: null or from Orthanc, and never used again.
        unsafe { free(self.0.data) }
    }
}

/// Orthanc could not carry out a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoreError {
    /// Error code of the SDK.
    #[error("Orthanc answered {call} with error code {code}")]
    Code {
        /// Method and path.
        call: String,
        /// `OrthancPluginErrorCode`.
        code: i32,
    },
    /// The SDK counts bytes in 32 bits.
    #[error("{0} bytes are more than Orthanc accepts in one call (4 GiB)")]
    TooLarge(usize),
}

/// What Orthanc answered.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Its body.
    pub body: Buffer,
    headers: Buffer,
}

impl Reply {
    /// The value of a header of the answer, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<String> {
        let headers: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&self.headers).ok()?;
        let (_, value) = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        value.as_str().map(str::to_owned)
    }

    /// The body as JSON, if the call succeeded and it is.
    pub fn json(&self) -> Option<serde_json::Value> {
        (self.status == 200).then(|| serde_json::from_slice(&self.body).ok()).flatten()
    }
}

/// Calls the core's REST API. A status such as 404 is an answer, not an error.
pub fn call(method: Method, uri: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Reply, CoreError> {
    let body_size = u32::try_from(body.len()).map_err(|_| CoreError::TooLarge(body.len()))?;
    let texts: Vec<(CString, CString)> = headers.iter().map(|(key, value)| (c_text(key), c_text(value))).collect();
    let keys: Vec<_> = texts.iter().map(|(key, _)| key.as_ptr()).collect();
    let values: Vec<_> = texts.iter().map(|(_, value)| value.as_ptr()).collect();
    let mut reply = Reply { status: 0, body: Buffer::empty(), headers: Buffer::empty() };
    let path = c_text(uri);
    let parameters = _OrthancPluginCallRestApi {
        answerBody: &mut reply.body.0,
        answerHeaders: &mut reply.headers.0,
        httpStatus: &mut reply.status,
        method: method.code(),
        uri: path.as_ptr(),
        headersCount: texts.len() as u32,
        headersKeys: keys.as_ptr(),
        headersValues: values.as_ptr(),
        body: body.as_ptr().cast(),
        bodySize: body_size,
        afterPlugins: 0,
    };
    // SAFETY: the structure belongs to this service; what it points to outlives the call.
    let code = unsafe { invoke(Service::_OrthancPluginService_CallRestApi, &parameters) };
    match code {
        ErrorCode::OrthancPluginErrorCode_Success => Ok(reply),
        // What HTTP shows as a status, the core throws, and the SDK passes on as a code.
        ErrorCode::OrthancPluginErrorCode_UnknownResource => Ok(Reply { status: 404, ..reply }),
        ErrorCode::OrthancPluginErrorCode_Revision => Ok(Reply { status: 409, ..reply }),
        code => Err(CoreError::Code { call: format!("{} {uri}", method.name()), code }),
    }
}

/// The stored bytes of an instance.
pub fn dicom(instance: &str) -> Result<Buffer, CoreError> {
    let mut buffer = Buffer::empty();
    let identifier = c_text(instance);
    let parameters = _OrthancPluginGetDicomForInstance { target: &mut buffer.0, instanceId: identifier.as_ptr() };
    // SAFETY: the structure belongs to this service; what it points to outlives the call.
    let code = unsafe { invoke(Service::_OrthancPluginService_GetDicomForInstance, &parameters) };
    match code {
        ErrorCode::OrthancPluginErrorCode_Success => Ok(buffer),
        code => Err(CoreError::Code { call: format!("a request for instance {instance}"), code }),
    }
}
