"""Every error raised on purpose; each message ends with what to do next."""

import json


def reason(error: Exception) -> str:
    """Why a file cannot be read, without what only Python means by it."""
    match error:
        case json.JSONDecodeError():
            return f"it is no JSON from line {error.lineno}, column {error.colno} on"
        case UnicodeError():
            return "it is no text"
        case OSError():
            return error.strerror or str(error)
        case KeyError():
            return f"it has no {error}"
        case TypeError():
            return "it holds something else"
    return str(error)


class HwnasError(Exception):
    """The world or the user's input is not as hwnas needs it; the message says what to do."""


class UnknownNameError(HwnasError):
    """A name that no catalog holds."""


class InvalidInputError(HwnasError):
    """A value, an option or a file that cannot be used as it stands."""


class DataError(HwnasError):
    """Labelled images that are missing, unreadable or cannot be learned from."""


class ExportError(HwnasError):
    """A network that did not become the ONNX file it should."""


class QuantizeError(HwnasError):
    """An int8 model that would not run in integers, or could not be calibrated."""


class MeasurementError(HwnasError):
    """A device that refused a model or could not be timed."""


class TableError(HwnasError):
    """A latency table that cannot be read or written."""


class TableMissError(TableError):
    """A block that was never measured."""


class RunError(HwnasError):
    """A run folder that cannot be written, read or resumed."""


class NoNetworkFitsError(HwnasError):
    """No network of the space keeps the budget; the message says how fast the fastest is."""
