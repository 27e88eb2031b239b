-- Once, when the database is made.
CREATE EXTENSION pgmq;
