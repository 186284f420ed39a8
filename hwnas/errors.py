"""Every error raised on purpose; each message ends with what to do next."""


def reason(error: OSError | UnicodeError) -> str:
    """Why a file cannot be read, without what Python adds to it."""
    if isinstance(error, UnicodeError):
        return "it is no text"
    return error.strerror or str(error)


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
