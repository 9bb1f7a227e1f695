//! Development only: builders, scripted AWS, fault injection, events.
