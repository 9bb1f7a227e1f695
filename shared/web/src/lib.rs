//! The HTTP edge: caller, authorisation, JSON body, errors, request id, log.
