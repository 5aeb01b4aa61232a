//! Time: keyframes, recorded input, seek and step in both directions.
