//! A parsed page: the only place that names scraper's types.
