//! Orthanc's own REST API, called from inside.

use super::bindings::{
    _OrthancPluginCallRestApi, _OrthancPluginGetDicomForInstance, _OrthancPluginService as Service,
    OrthancPluginErrorCode as ErrorCode, OrthancPluginMemoryBuffer,
};
use super::context::{c_text, free, invoke};
use super::http::Method;
use crate::archive::{Archive, ArchiveError, Bytes, Reply};
use crate::disk;
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

/// The Orthanc that this library is loaded into, past HTTP authentication and past the plugins.
#[derive(Debug, Clone, Copy)]
pub struct InProcess;

impl Archive for InProcess {
    fn call(&self, method: Method, uri: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Reply, ArchiveError> {
        let body_size = u32::try_from(body.len()).map_err(|_| ArchiveError::TooLarge(body.len()))?;
        let texts: Vec<(CString, CString)> = headers.iter().map(|(key, value)| (c_text(key), c_text(value))).collect();
        let keys: Vec<_> = texts.iter().map(|(key, _)| key.as_ptr()).collect();
        let values: Vec<_> = texts.iter().map(|(_, value)| value.as_ptr()).collect();
        let (mut answer, mut answer_headers, mut status) = (Buffer::empty(), Buffer::empty(), 0);
        let path = c_text(uri);
        let parameters = _OrthancPluginCallRestApi {
            answerBody: &mut answer.0,
            answerHeaders: &mut answer_headers.0,
            httpStatus: &mut status,
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
        let headers = serde_json::from_slice(&answer_headers).unwrap_or_default();
        let reply = Reply { status, body: Bytes::Orthanc(answer), headers };
        match code {
            ErrorCode::OrthancPluginErrorCode_Success => Ok(reply),
            // What HTTP shows as a status, the core throws, and the SDK passes on as a code.
            ErrorCode::OrthancPluginErrorCode_UnknownResource | ErrorCode::OrthancPluginErrorCode_InexistentItem => {
                Ok(Reply { status: 404, ..reply })
            }
            ErrorCode::OrthancPluginErrorCode_Revision => Ok(Reply { status: 409, ..reply }),
            code => Err(ArchiveError::Code { call: format!("{} {uri}", method.name()), code }),
        }
    }

    fn room_for(&self, bytes: usize) -> Result<(), ArchiveError> {
        disk::room_for(bytes).map_err(ArchiveError::NoRoom)
    }

    fn dicom(&self, instance: &str) -> Result<Bytes, ArchiveError> {
        let mut buffer = Buffer::empty();
        let identifier = c_text(instance);
        let parameters = _OrthancPluginGetDicomForInstance { target: &mut buffer.0, instanceId: identifier.as_ptr() };
        // SAFETY: the structure belongs to this service; what it points to outlives the call.
        let code = unsafe { invoke(Service::_OrthancPluginService_GetDicomForInstance, &parameters) };
        match code {
            ErrorCode::OrthancPluginErrorCode_Success => Ok(Bytes::Orthanc(buffer)),
            code => Err(ArchiveError::Code { call: format!("a request for instance {instance}"), code }),
        }
    }
}
