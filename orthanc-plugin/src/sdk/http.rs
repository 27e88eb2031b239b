//! Our REST routes: one C callback, one Rust function behind it.

use super::bindings::{
    _OrthancPluginAnswerBuffer, _OrthancPluginOutputPlusArgument, _OrthancPluginRegisterErrorCode, _OrthancPluginRestCallback,
    _OrthancPluginSendHttpStatus, _OrthancPluginService as Service, _OrthancPluginSetHttpErrorDetails,
    _OrthancPluginSetHttpHeader, OrthancPluginErrorCode as ErrorCode, OrthancPluginHttpMethod as HttpMethod,
    OrthancPluginHttpRequest, OrthancPluginRestOutput,
};
use super::context::{Version, c_text, copy_text, invoke, orthanc_version};
use super::guard::guarded;
use super::mapping::Mapping;
use std::ffi::{CStr, c_char};
use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

static HANDLER: OnceLock<fn(&Request<'_>) -> Answer> = OnceLock::new();
/// Not set once and for all: Orthanc may reset itself without unloading the library.
static ERROR_CODES: Mutex<Vec<(u16, ErrorCode::Type)>> = Mutex::new(Vec::new());

/// Enough for what `serde_json` lets through at most, 128 levels, and for everything else.
const STACK: usize = 2 << 20;

/// Older ones compress whatever a plugin answers. Newer ones leave it as it is, and give a second content type to what is sent past that.
const COMPRESSES_NOTHING: Version = Version(1, 12, 2);

/// The methods that Orthanc passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// DELETE.
    Delete,
}

impl Method {
    /// As in HTTP.
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }

    pub(super) fn code(self) -> HttpMethod::Type {
        match self {
            Method::Get => HttpMethod::OrthancPluginHttpMethod_Get,
            Method::Post => HttpMethod::OrthancPluginHttpMethod_Post,
            Method::Put => HttpMethod::OrthancPluginHttpMethod_Put,
            Method::Delete => HttpMethod::OrthancPluginHttpMethod_Delete,
        }
    }

    fn from_code(code: HttpMethod::Type) -> Option<Method> {
        [Method::Get, Method::Post, Method::Put, Method::Delete].into_iter().find(|method| method.code() == code)
    }
}

/// One call of a route.
#[derive(Debug)]
pub struct Request<'a> {
    /// Its method.
    pub method: Method,
    /// Its path, without arguments.
    pub path: &'a str,
    /// Its body, of POST and PUT.
    pub body: &'a [u8],
    /// The header If-None-Match: what the caller has already.
    pub if_none_match: Option<String>,
}

/// The body of an answer.
#[derive(Debug)]
pub enum Body {
    /// Part of the plugin.
    Embedded(&'static [u8]),
    /// Made for this answer.
    Own(Vec<u8>),
    /// A file that several answers may share.
    File(Arc<Mapping>),
}

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Body::Embedded(bytes) => bytes,
            Body::Own(bytes) => bytes,
            Body::File(mapping) => mapping,
        }
    }
}

/// Names of headers with their values.
pub type Headers = Vec<(&'static CStr, String)>;

/// What a route answers.
#[derive(Debug)]
pub enum Answer {
    /// Status 200.
    Content {
        /// MIME type.
        media_type: &'static CStr,
        /// The body.
        data: Body,
        /// Further headers.
        headers: Headers,
        /// Whether compressing it again, as Orthanc does for callers that understand gzip, would only cost time.
        is_compressed: bool,
    },
    /// Status 304: the caller has it already.
    NotModified(Headers),
    /// Status 405 with the methods that are allowed, separated by commas.
    MethodNotAllowed(&'static CStr),
    /// An error in Orthanc's own JSON form, with our sentence in `Details`.
    Refused {
        /// One of the registered HTTP statuses.
        status: u16,
        /// A sentence for the caller.
        details: String,
    },
}

/// Declares to Orthanc the HTTP statuses that refusals use, each with its `Message`.
pub fn register_errors(errors: &[(u16, &CStr)]) -> bool {
    let codes = errors.iter().map(|&(status, message)| {
        let mut code = ErrorCode::OrthancPluginErrorCode_Plugin;
        let parameters = _OrthancPluginRegisterErrorCode {
            target: &mut code,
            code: i32::from(status),
            httpStatus: status,
            message: message.as_ptr(),
        };
        // SAFETY: the structure belongs to this service; what it points to outlives the call.
        let outcome = unsafe { invoke(Service::_OrthancPluginService_RegisterErrorCode, &parameters) };
        (outcome == ErrorCode::OrthancPluginErrorCode_Success).then_some((status, code))
    });
    match codes.collect::<Option<Vec<_>>>() {
        Some(codes) => {
            *ERROR_CODES.lock().unwrap_or_else(PoisonError::into_inner) = codes;
            true
        }
        None => false,
    }
}

/// Has `handler` answer the paths that match `routes` (regular expressions over the whole path), outside Orthanc's global
/// REST lock: calls run in parallel.
pub fn register_routes(routes: &[&CStr], handler: fn(&Request<'_>) -> Answer) -> bool {
    HANDLER.get_or_init(|| handler);
    routes.iter().all(|route| {
        let parameters = _OrthancPluginRestCallback { pathRegularExpression: route.as_ptr(), callback: Some(called) };
        // SAFETY: the structure belongs to this service; Orthanc copies the expression.
        let code = unsafe { invoke(Service::_OrthancPluginService_RegisterRestCallbackNoLock, &parameters) };
        code == ErrorCode::OrthancPluginErrorCode_Success
    })
}

unsafe extern "C" fn called(
    output: *mut OrthancPluginRestOutput,
    url: *const c_char,
    request: *const OrthancPluginHttpRequest,
) -> ErrorCode::Type {
    guarded("a REST route", ErrorCode::OrthancPluginErrorCode_Plugin, || {
        let Some(handler) = HANDLER.get() else { return ErrorCode::OrthancPluginErrorCode_Plugin };
        // SAFETY: Orthanc passes a request that lives during the callback, or null.
        let Some(request) = (unsafe { request.as_ref() }) else { return ErrorCode::OrthancPluginErrorCode_Plugin };
        let Some(method) = Method::from_code(request.method) else { return ErrorCode::OrthancPluginErrorCode_Plugin };
        // SAFETY: the path is text that lives during the callback.
        let path = unsafe { copy_text(url) };
        let body: &[u8] = match request.body.is_null() {
            true => &[],
            // SAFETY: `bodySize` bytes lie at `body` during the callback.
            false => unsafe { std::slice::from_raw_parts(request.body.cast(), request.bodySize as usize) },
        };
        // SAFETY: the headers live during the callback.
        let if_none_match = unsafe { header(request, c"if-none-match") };
        match on_a_deep_stack(|| handler(&Request { method, path: &path, body, if_none_match })) {
            Some(outcome) => answer(output, outcome),
            None => ErrorCode::OrthancPluginErrorCode_Plugin,
        }
    })
}

/// A header of a request; Orthanc passes all names in lower case.
///
/// # Safety
/// `request` must be one that Orthanc passed to the running callback.
unsafe fn header(request: &OrthancPluginHttpRequest, name: &CStr) -> Option<String> {
    (0..request.headersCount as usize).find_map(|index| {
        // SAFETY: both lists have `headersCount` texts, which live during the callback.
        let (key, value) = unsafe { (*request.headersKeys.add(index), *request.headersValues.add(index)) };
        // SAFETY: as above.
        (unsafe { CStr::from_ptr(key) } == name).then(|| unsafe { copy_text(value) })
    })
}

/// Orthanc's HTTP threads have stacks of about 100 kB, which JSON of a few dozen levels overflows; that would end Orthanc.
fn on_a_deep_stack<T: Send>(body: impl FnOnce() -> T + Send) -> Option<T> {
    let run = || guarded("a REST call", None, || Some(body()));
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("BONEMUSCLE-HTTP".into()).stack_size(STACK).spawn_scoped(scope, run);
        thread.ok().and_then(|thread| thread.join().ok()).flatten()
    })
}

fn answer(output: *mut OrthancPluginRestOutput, answer: Answer) -> ErrorCode::Type {
    match answer {
        Answer::Content { media_type, data, mut headers, is_compressed: true } if orthanc_version() < COMPRESSES_NOTHING => {
            headers.push((c"Content-Type", media_type.to_string_lossy().into_owned()));
            send(output, 200, &headers, &data)
        }
        Answer::Content { media_type, data, headers, .. } => {
            let Ok(size) = u32::try_from(data.len()) else { return ErrorCode::OrthancPluginErrorCode_Plugin };
            set_headers(output, &headers);
            let parameters = _OrthancPluginAnswerBuffer {
                output,
                answer: data.as_ptr().cast(),
                answerSize: size,
                mimeType: media_type.as_ptr(),
            };
            // SAFETY: the structure belongs to this service; `output` is the one of the running callback.
            unsafe { invoke(Service::_OrthancPluginService_AnswerBuffer, &parameters) }
        }
        Answer::NotModified(headers) => send(output, 304, &headers, b""),
        Answer::MethodNotAllowed(allowed) => {
            let parameters = _OrthancPluginOutputPlusArgument { output, argument: allowed.as_ptr() };
            // SAFETY: the structure belongs to this service; `output` is the one of the running callback.
            unsafe { invoke(Service::_OrthancPluginService_SendMethodNotAllowed, &parameters) }
        }
        Answer::Refused { status, details } => {
            let details = c_text(&details);
            let parameters = _OrthancPluginSetHttpErrorDetails { output, details: details.as_ptr(), log: 0 };
            // SAFETY: the structure belongs to this service; Orthanc copies the text.
            unsafe { invoke(Service::_OrthancPluginService_SetHttpErrorDetails, &parameters) };
            let codes = ERROR_CODES.lock().unwrap_or_else(PoisonError::into_inner);
            let code = codes.iter().find(|(registered, _)| *registered == status);
            code.map_or(ErrorCode::OrthancPluginErrorCode_Plugin, |(_, code)| *code)
        }
    }
}

fn set_headers(output: *mut OrthancPluginRestOutput, headers: &Headers) {
    for (key, value) in headers {
        let value = c_text(value);
        let parameters = _OrthancPluginSetHttpHeader { output, key: key.as_ptr(), value: value.as_ptr() };
        // SAFETY: the structure belongs to this service; Orthanc copies the texts.
        unsafe { invoke(Service::_OrthancPluginService_SetHttpHeader, &parameters) };
    }
}

/// The way past Orthanc's own compression.
fn send(output: *mut OrthancPluginRestOutput, status: u16, headers: &Headers, data: &[u8]) -> ErrorCode::Type {
    let Ok(size) = u32::try_from(data.len()) else { return ErrorCode::OrthancPluginErrorCode_Plugin };
    set_headers(output, headers);
    let parameters = _OrthancPluginSendHttpStatus { output, status, body: data.as_ptr().cast(), bodySize: size };
    // SAFETY: the structure belongs to this service; `output` is the one of the running callback.
    unsafe { invoke(Service::_OrthancPluginService_SendHttpStatus, &parameters) }
}
