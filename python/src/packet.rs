//! `Packet`: one Engine.IO packet.

use engineio_proto as proto;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyString, PyTuple};

use crate::data;

/// The type of messages.
pub(crate) const MESSAGE: i64 = 4;

/// The type of packets that are not told what they are.
const NOOP: i64 = 6;

/// One Engine.IO packet. `engineio_rs.packet.Packet` adds the `json` that it is encoded and decoded with.
#[pyclass(subclass, module = "engineio_rs._core")]
#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "it is the name of Python's attribute")]
pub(crate) struct Packet {
    /// The type, 0 to 6. Others can be made; they are never sent.
    #[pyo3(get, set)]
    packet_type: i64,
    /// Whether the data is bytes.
    #[pyo3(get, set)]
    binary: bool,
    /// The text after the type of a decoded packet, until `data` is asked for.
    undecoded: Option<Py<PyString>>,
    data: Py<PyAny>,
    /// The form on a WebSocket, once it was made: str or bytes.
    frame: Option<Py<PyAny>>,
    /// The form in a polling payload, where it is another one.
    base64: Option<Py<PyAny>>,
}

#[pymethods]
impl Packet {
    /// An empty packet, whatever the arguments: they are for `__init__`, whose parameters a subclass may change.
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(py: Python<'_>, _args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self { packet_type: NOOP, binary: false, undecoded: None, data: py.None(), frame: None, base64: None }
    }

    #[pyo3(signature = (packet_type=NOOP, data=None, encoded_packet=None))]
    fn __init__(
        slf: &Bound<'_, Self>,
        packet_type: i64,
        data: Option<Bound<'_, PyAny>>,
        encoded_packet: Option<Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        *slf.borrow_mut() = Self::with_data(slf.py(), packet_type, data)?;
        if let Some(encoded) = encoded_packet {
            // By its name: a subclass may decode in another way.
            slf.call_method1(intern!(slf.py(), "decode"), (encoded,))?;
        }
        Ok(())
    }

    /// Encodes the packet: str for text, bytes for binary data, or for the latter `b` and base64 with `b64`.
    ///
    /// Each form is made once; later calls return it even if the data has changed since, until `encode_cache` is
    /// set to None.
    #[pyo3(signature = (b64=false))]
    fn encode<'py>(slf: &Bound<'py, Self>, b64: bool) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let (cached, data, binary, packet_type) = {
            let this = slf.borrow();
            let cached = if b64 && this.binary { &this.base64 } else { &this.frame };
            (
                cached.as_ref().map(|form| form.clone_ref(py)),
                this.data.clone_ref(py),
                this.binary,
                this.packet_type,
            )
        };
        if let Some(form) = cached {
            return Ok(form.into_bound(py));
        }
        let data = data.into_bound(py);
        let form = if binary && b64 {
            base64(&data)?.into_any()
        } else if binary {
            data
        } else {
            let undecoded = slf.borrow().undecoded.as_ref().map(|text| text.clone_ref(py));
            text_form(slf, packet_type, undecoded, &data)?.into_any()
        };
        let mut this = slf.borrow_mut();
        let slot = if binary && b64 { &mut this.base64 } else { &mut this.frame };
        *slot = Some(form.clone().unbind());
        Ok(form)
    }

    /// Takes over the type and the data of an encoded packet: str as on the wire, or bytes, which are a binary
    /// message as a whole. Raises `ValueError` for what is no packet.
    fn decode(&mut self, encoded_packet: &Bound<'_, PyAny>) -> PyResult<()> {
        self.load(encoded_packet)
    }

    /// The content: None, str, bytes, or what a text in JSON stands for.
    #[getter]
    fn get_data<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let Some(text) = slf.borrow().undecoded.as_ref().map(|text| text.clone_ref(py)) else {
            return Ok(slf.borrow().data.bind(py).clone());
        };
        let data = data::from_json(slf.get_type().as_any(), &text.bind(py).to_cow()?)?;
        let mut this = slf.borrow_mut();
        this.data = data.clone().unbind();
        this.undecoded = None;
        Ok(data)
    }

    #[setter]
    fn set_data(&mut self, data: Bound<'_, PyAny>) {
        self.undecoded = None;
        self.data = data.unbind();
    }

    /// The content of a decoded packet as it came: text that is JSON is text here.
    #[getter]
    fn raw_data<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        match &self.undecoded {
            Some(text) => text.bind(py).clone().into_any(),
            None => self.data.bind(py).clone(),
        }
    }

    /// What `encode()` returned last, or None. Set to None, it lets the packet be encoded anew.
    #[getter]
    fn get_encode_cache<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.frame.as_ref().or(self.base64.as_ref()).map(|form| form.bind(py).clone())
    }

    #[setter]
    fn set_encode_cache(&mut self, form: Option<Bound<'_, PyAny>>) {
        self.base64 = None;
        self.frame = form.map(Bound::unbind);
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let this = slf.borrow();
        Ok(format!("{}({}, {})", slf.get_type().name()?, this.packet_type, this.raw_data(slf.py()).repr()?))
    }
}

impl Packet {
    fn with_data(py: Python<'_>, packet_type: i64, data: Option<Bound<'_, PyAny>>) -> PyResult<Self> {
        let data = data.unwrap_or_else(|| py.None().into_bound(py));
        let binary = data.is_instance_of::<PyBytes>() || data.is_instance_of::<PyByteArray>();
        if binary && packet_type != MESSAGE {
            return Err(PyValueError::new_err("Binary packets can only be of type MESSAGE"));
        }
        let data = if binary { frozen(&data)?.into_any() } else { data };
        Ok(Self { packet_type, binary, undecoded: None, data: data.unbind(), frame: None, base64: None })
    }

    fn load(&mut self, encoded: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = encoded.py();
        let Ok(text) = encoded.cast::<PyString>() else {
            let data = frozen(encoded)?.into_any().unbind();
            *self =
                Self { packet_type: MESSAGE, binary: true, undecoded: None, data, frame: None, base64: None };
            return Ok(());
        };
        let cow = text.to_cow()?;
        let (packet_type, rest) = split(&cow)?;
        *self = if let Some(packet_type) = packet_type {
            let undecoded = Some(PyString::new(py, rest).unbind());
            Self { packet_type, binary: false, undecoded, data: py.None(), frame: None, base64: None }
        } else {
            let data = binary_of(&data::decode(encoded)?, py);
            Self { packet_type: MESSAGE, binary: true, undecoded: None, data, frame: None, base64: None }
        };
        Ok(())
    }
}

/// The type of a packet in text form, and what follows it; no type for base64.
fn split(text: &str) -> PyResult<(Option<i64>, &str)> {
    let mut characters = text.chars();
    match characters.next() {
        None => Err(PyValueError::new_err("Invalid empty packet received")),
        Some('b') => Ok((None, characters.as_str())),
        Some(first) => match first.to_digit(10) {
            Some(digit) => Ok((Some(i64::from(digit)), characters.as_str())),
            None => Err(PyValueError::new_err(format!(
                "Invalid packet received: it begins with {first:?}; expected a packet type, 0 to 6, or b"
            ))),
        },
    }
}

fn frozen<'py>(data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    if let Ok(bytes) = data.cast::<PyBytes>() {
        return Ok(bytes.clone());
    }
    let array = data.cast::<PyByteArray>()?;
    Ok(PyBytes::new(data.py(), &array.to_vec()))
}

fn binary_of(packet: &proto::Packet, py: Python<'_>) -> Py<PyAny> {
    match packet {
        proto::Packet::Message(message) => data::raw(py, message).unbind(),
        _ => py.None(),
    }
}

fn base64<'py>(data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyString>> {
    let bytes = frozen(data)?;
    let packet = proto::Packet::binary(bytes::Bytes::copy_from_slice(bytes.as_bytes()));
    let mut out = Vec::with_capacity(packet.payload_len());
    packet.encode_payload(&mut out);
    PyString::from_bytes(data.py(), &out)
}

/// The type and the data: text as it is, dict and list as JSON, None as nothing, and anything else as `str()`.
fn text_form<'py>(
    slf: &Bound<'py, Packet>,
    packet_type: i64,
    undecoded: Option<Py<PyString>>,
    data: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyString>> {
    let py = slf.py();
    let text = if let Some(text) = undecoded {
        text.into_bound(py)
    } else if let Ok(text) = data.cast::<PyString>() {
        text.clone()
    } else if data.is_instance_of::<PyDict>() || data.is_instance_of::<PyList>() {
        let options = PyDict::new(py);
        options.set_item(intern!(py, "separators"), (",", ":"))?;
        let json = slf.getattr(intern!(py, "json"))?;
        json.call_method(intern!(py, "dumps"), (data,), Some(&options))?.cast_into()?
    } else if data.is_none() {
        PyString::new(py, "")
    } else {
        data.str()?
    };
    Ok(PyString::new(py, &format!("{packet_type}{}", text.to_cow()?)))
}
