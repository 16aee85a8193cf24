-- The validators of the answer a kept page is from: asked again, it is asked whether it has changed.

ALTER TABLE page_parts ADD COLUMN etag TEXT;
ALTER TABLE page_parts ADD COLUMN last_modified TEXT;
