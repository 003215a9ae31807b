-- Who may do what to the inbox in the schema $schema, beside what the program itself keeps to.
--
-- Run it as a superuser, again after every upgrade; a second time changes nothing:
--   majlis store grants | psql -v ON_ERROR_STOP=1 DATABASE
--
-- People get roles of their own (CREATE ROLE salem LOGIN IN ROLE $operator), and so does the service. What they write
-- has to be covered, in the same transaction, by an event in their own name, with a digest of the row as it is written;
-- whoever may not do what the event says is refused. In the site file: [roles] operator = ["@$operator_name"], and so on; `session_user` is who signed in: neither SET ROLE nor a function
-- changes it. The owner is nobody who works here: it makes tables, upgrades, imports and erases.
BEGIN;
SET LOCAL search_path TO pg_catalog;
SET LOCAL client_min_messages TO warning;

DO $$do$$
DECLARE each text;
BEGIN
  FOREACH each IN ARRAY ARRAY[$every_role] LOOP
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = each) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', each);
    END IF;
  END LOOP;
END
$$do$$;

-- Everything is the owner's.
ALTER SCHEMA $schema OWNER TO $owner;
ALTER FUNCTION $schema.majlis_key(jsonb) OWNER TO $owner;
DO $$do$$
DECLARE each name;
BEGIN
  FOR each IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace($schema_text) LOOP
    EXECUTE format('ALTER TABLE $schema.%I OWNER TO %I', each, $owner_text);
    EXECUTE format('REVOKE ALL ON $schema.%I FROM PUBLIC, $people, $service', each);
    EXECUTE format('GRANT SELECT ON $schema.%I TO $people, $service', each);
  END LOOP;
END
$$do$$;
REVOKE ALL ON SCHEMA $schema FROM PUBLIC, $people, $service;
GRANT USAGE ON SCHEMA $schema TO $people, $service;

-- Columns, not tables: whoever may write a whole table may also lock it against everybody.
GRANT UPDATE (version) ON $schema.majlis_store TO $people, $service;
GRANT UPDATE (last_id) ON $schema.majlis_tables TO $people, $service;
GRANT INSERT, UPDATE, DELETE ON $schema.majlis_writers TO $people, $service;
$grants

-- In which transaction an event was written: nobody can say anything else about it.
ALTER TABLE $event ADD COLUMN IF NOT EXISTS written_in xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE OR REPLACE FUNCTION $schema.majlis_is(variadic roles text[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$do$$
  SELECT coalesce(bool_or(pg_has_role(session_user, oid, 'MEMBER')), false) FROM pg_roles WHERE rolname = ANY(roles)
$$do$$;

CREATE OR REPLACE FUNCTION $schema.majlis_trusted() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$do$$
  SELECT $schema.majlis_is($owner_text, $service_text)
$$do$$;

-- Roles that may do what an event says (majlis/roles.py); none may what is not listed.
CREATE OR REPLACE FUNCTION $schema.majlis_may(action text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$do$$
  SELECT $schema.majlis_is(VARIADIC CASE action
$may
    ELSE ARRAY[]::text[] END)
$$do$$;

-- Actions of events that may make an entry (majlis/provenance.py).
CREATE OR REPLACE FUNCTION $schema.majlis_makes(entry text) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$do$$
  SELECT CASE entry
$makes
    ELSE ARRAY[]::text[] END
$$do$$;

CREATE OR REPLACE FUNCTION $schema.majlis_refuse(why text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$do$$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'MJ403', MESSAGE = why;
END
$$do$$;

-- The text of which digests are made (majlis/audit.py: canonical).
CREATE OR REPLACE FUNCTION $schema.majlis_canonical(given jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$do$$
BEGIN
  CASE jsonb_typeof(given)
    WHEN 'object' THEN RETURN '{' || coalesce((
      SELECT string_agg(to_jsonb(key)::text || ':' || $schema.majlis_canonical(value), ',' ORDER BY key COLLATE "C")
      FROM jsonb_each(given)), '') || '}';
    WHEN 'array' THEN RETURN '[' || coalesce((
      SELECT string_agg($schema.majlis_canonical(value), ',' ORDER BY place)
      FROM jsonb_array_elements(given) WITH ORDINALITY AS items(value, place)), '') || ']';
    ELSE RETURN given::text;
  END CASE;
END
$$do$$;

CREATE OR REPLACE FUNCTION $schema.majlis_digest(given text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$do$$
  SELECT encode(sha256(convert_to(given, 'UTF8')), 'hex')
$$do$$;

-- Letters that store/codec.py writes as pairs: such a row's digest is left to `majlis audit verify`.
CREATE OR REPLACE FUNCTION $schema.majlis_is_odd(body text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$do$$
  SELECT strpos(body, '\u0001') > 0 OR strpos(body, U&'\E000') > 0
$$do$$;

-- ---------------------------------------------------------------------------------------------------- the history

CREATE OR REPLACE FUNCTION $schema.majlis_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$do$$
DECLARE
  is_service boolean := $schema.majlis_is($service_text);
  before text; fields jsonb;
BEGIN
  IF $schema.majlis_is($owner_text) THEN RETURN NULL; END IF;
  IF NEW.doc->>'actor' IS DISTINCT FROM session_user::text
     AND NOT (is_service AND NEW.doc->>'actor' IS NOT DISTINCT FROM 'service') THEN
    PERFORM $schema.majlis_refuse('an event in the name of somebody else');
  END IF;
  -- A quarter of an hour: what clocks of machines differ by that nobody looks after. The service looks up days later.
  IF NOT is_service AND (abs(extract(epoch FROM (NEW.doc->>'at')::timestamptz - clock_timestamp())) <= 900) IS NOT TRUE THEN
    PERFORM $schema.majlis_refuse('an event at another time than the server''s');
  END IF;
  SELECT doc->>'hash' INTO before FROM $event WHERE id = NEW.id - 1;
  IF (NEW.doc->>'rev')::bigint IS DISTINCT FROM NEW.id OR (before IS NULL AND NEW.id <> 1)
     OR NEW.doc->>'prev' IS DISTINCT FROM coalesce(before, repeat('0', 64)) THEN
    PERFORM $schema.majlis_refuse('an event out of its order');
  END IF;
  fields := jsonb_set(NEW.doc - 'hash', '{at}', to_jsonb(replace(NEW.doc->>'at', 'Z', '+00:00')));
  IF fields->>'rows' = '' THEN fields := fields - 'rows'; END IF;
  IF NOT $schema.majlis_is_odd(NEW.body)
     AND NEW.doc->>'hash' IS DISTINCT FROM $schema.majlis_digest($schema.majlis_canonical(fields)) THEN
    PERFORM $schema.majlis_refuse('an event whose hash does not fit');
  END IF;
  IF NOT is_service AND NOT $schema.majlis_may(NEW.doc->>'action') THEN
    PERFORM $schema.majlis_refuse(format('%s is not for the role %s', NEW.doc->>'action', session_user));
  END IF;
  RETURN NULL;
END
$$do$$;

-- At the end of the transaction: the head is that of the last event, and each event has its payload and its pins.
CREATE OR REPLACE FUNCTION $schema.majlis_whole() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$do$$
DECLARE last record; pins jsonb; is_odd boolean;
BEGIN
  IF $schema.majlis_is($owner_text) THEN RETURN NULL; END IF;
  SELECT id, doc->>'hash' AS hash INTO last FROM $event ORDER BY id DESC LIMIT 1;
  IF (SELECT count(*) FROM $head) <> 1 OR NOT EXISTS (
      SELECT 1 FROM $head WHERE id = 1 AND (doc->>'rev')::bigint = last.id AND doc->>'hash' = last.hash) THEN
    PERFORM $schema.majlis_refuse('a head that is not that of the last event');
  END IF;
  IF TG_TABLE_NAME <> $event_text OR $schema.majlis_trusted() THEN RETURN NULL; END IF;
  SELECT coalesce(doc->'rows', '{}'), $schema.majlis_is_odd(body) INTO pins, is_odd FROM $payload WHERE id = NEW.id;
  IF pins IS NULL OR NOT is_odd AND NEW.doc->>'rows' IS DISTINCT FROM
      (CASE WHEN pins = '{}' THEN '' ELSE $schema.majlis_digest($schema.majlis_canonical(pins)) END) THEN
    PERFORM $schema.majlis_refuse('an event without its payload, or with other pins than it says');
  END IF;
  RETURN NULL;
END
$$do$$;

CREATE OR REPLACE FUNCTION $schema.majlis_payload() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$do$$
BEGIN
  IF NOT $schema.majlis_trusted()
     AND NOT EXISTS (SELECT 1 FROM $event WHERE id = NEW.id AND written_in = pg_current_xact_id()) THEN
    PERFORM $schema.majlis_refuse('a payload without its event');
  END IF;
  RETURN NULL;
END
$$do$$;

-- --------------------------------------------------------------------------------------------------------- rows

-- A row of a table that events pin; TG_ARGV[0] is the table's name in pins.
CREATE OR REPLACE FUNCTION $schema.majlis_row() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$do$$
DECLARE
  kind text := TG_ARGV[0]; made text; pin text;
  new_value jsonb := NEW.doc->'value'; old_value jsonb;
BEGIN
  IF $schema.majlis_trusted() THEN RETURN NULL; END IF;
  IF TG_OP = 'INSERT' AND NEW.id > (SELECT last_id FROM $schema.majlis_tables WHERE name = TG_TABLE_NAME) THEN
    PERFORM $schema.majlis_refuse('an id that was not given');
  END IF;
  SELECT event.doc->>'action', beside.doc->'rows'->>(kind || ':' || (NEW.doc->>'key')) INTO made, pin
    FROM $event AS event JOIN $payload AS beside ON beside.id = event.id
    WHERE event.id = (NEW.doc->>'rev')::bigint AND event.written_in = pg_current_xact_id();
  IF pin IS NULL THEN
    PERFORM $schema.majlis_refuse('a row that no event of this transaction covers');
  END IF;
  IF NOT $schema.majlis_is_odd(NEW.body) AND pin <> $schema.majlis_digest(
      coalesce(NEW.doc->>'salt', '') || E'\n' || $schema.majlis_canonical(new_value)) THEN
    PERFORM $schema.majlis_refuse('a row that is not what its event says');
  END IF;
  IF TG_OP = 'UPDATE' THEN
    old_value := OLD.doc->'value';
    IF (NEW.id, NEW.doc->>'key') IS DISTINCT FROM (OLD.id, OLD.doc->>'key') THEN
      PERFORM $schema.majlis_refuse('a row in the place of another');
    END IF;
  END IF;
  IF NOT coalesce((CASE kind
      WHEN 'message' THEN $schema.majlis_message_fits(old_value, new_value, made)
      WHEN 'entry' THEN $schema.majlis_entry_fits(old_value, new_value, made)
      WHEN 'post' THEN $schema.majlis_post_fits(old_value, new_value, made)
      WHEN 'case' THEN made IN ($case_actions)
      WHEN 'memo' THEN made = 'memo' AND new_value->>'author' = session_user
      WHEN 'undo' THEN new_value->>'actor' = session_user AND coalesce(old_value->>'actor', session_user) = session_user
      WHEN 'pledge' THEN made = 'pledge' AND new_value->>'operator' = session_user
      WHEN 'snippet' THEN made IN ('keep_snippet', 'drop_snippet')
      WHEN 'official' THEN made IN ('add_official', 'remove_official')
    END), false) THEN
    PERFORM $schema.majlis_refuse(format('%s writes no such %s', made, kind));
  END IF;
  RETURN NULL;
END
$$do$$;

-- Only what we think of a message; a claim in one's own name alone, and a colleague's only by taking over.
CREATE OR REPLACE FUNCTION $schema.majlis_message_fits(was jsonb, now jsonb, made text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$do$$
  SELECT was - '{standing,queued,rev}'::text[] = now - '{standing,queued,rev}'::text[]
    AND (now#>>'{standing,claim,holder}' IS NULL
      OR now#>>'{standing,claim,holder}' = session_user
      OR now#>>'{standing,claim,holder}' IS NOT DISTINCT FROM was#>>'{standing,claim,holder}')
    AND (now#>'{standing,claim}' IS NOT DISTINCT FROM was#>'{standing,claim}'
      OR was#>>'{standing,state}' IS DISTINCT FROM 'claimed'
      OR was#>>'{standing,claim,holder}' IS NOT DISTINCT FROM session_user
      OR (was#>>'{standing,claim,until}')::timestamptz <= clock_timestamp()
      OR made = 'take_over' AND now#>>'{standing,claim,why}' <> ''
        AND now#>>'{standing,claim,taken_from}' = was#>>'{standing,claim,holder}')
$$do$$;

-- A new entry is its author's, by an event that may make one, and has not gone anywhere; an old one can be called back.
CREATE OR REPLACE FUNCTION $schema.majlis_entry_fits(was jsonb, now jsonb, made text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$do$$
  SELECT CASE WHEN was IS NULL THEN
      now->>'author' = session_user
      AND made = ANY($schema.majlis_makes(now->>'action'))
      AND coalesce(now->>'state', 'held') IN ('held', 'queued')
      AND NOT now ?| '{attempts,attempted_at,receipt}'
      AND (NOT now ?| '{override,ban}' OR $schema.majlis_is($supervisor_text))
    ELSE
      was - '{state,rev}'::text[] = now - '{state,rev}'::text[]
      AND coalesce(was->>'state', 'held') IN ('held', 'queued') AND now->>'state' = 'recalled'
      AND (made = 'withdraw_post' OR made = 'undo' AND now->>'author' = session_user)
    END
$$do$$;

-- Steps are only added, one at a time, in one's own name; words change with a step that says so, and who has written
-- any of them approves nothing.
CREATE OR REPLACE FUNCTION $schema.majlis_post_fits(was jsonb, now jsonb, made text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$do$$
  SELECT now#>>'{steps,-1,by}' = session_user AND made = now#>>'{steps,-1,step}' || '_post'
    AND jsonb_array_length(now->'steps') = 1 + coalesce(jsonb_array_length(was->'steps'), 0)
    AND (now->'steps') - -1 = coalesce(was->'steps', '[]')
    AND now->>'author' = coalesce(was->>'author', session_user)
    AND (made = 'write_post' OR was - $not_content = now - $not_content)
    AND (made <> 'approve_post' OR now->>'author' <> session_user AND NOT EXISTS (
      SELECT 1 FROM jsonb_array_elements(now->'steps') AS each WHERE each->>'step' = 'write' AND each->>'by' = session_user))
$$do$$;

-- A row that is one person's: TG_ARGV[0] is the path of their name.
CREATE OR REPLACE FUNCTION $schema.majlis_own() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$do$$
DECLARE place text[] := TG_ARGV[0]::text[]; is_over boolean := false;
BEGIN
  IF $schema.majlis_trusted() THEN RETURN NULL; END IF;
  IF TG_OP = 'INSERT' AND NEW.id > (SELECT last_id FROM $schema.majlis_tables WHERE name = TG_TABLE_NAME) THEN
    PERFORM $schema.majlis_refuse('an id that was not given');
  END IF;
  IF TG_OP = 'DELETE' AND TG_TABLE_NAME = $presence_text THEN
    is_over := (OLD.doc->>'until')::timestamptz < clock_timestamp();
  END IF;
  IF NOT is_over AND (
      TG_OP <> 'DELETE' AND split_part(NEW.doc#>>place, E'\n', 1) IS DISTINCT FROM session_user::text
      OR TG_OP <> 'INSERT' AND split_part(OLD.doc#>>place, E'\n', 1) IS DISTINCT FROM session_user::text) THEN
    PERFORM $schema.majlis_refuse('something that belongs to a colleague');
  END IF;
  RETURN NULL;
END
$$do$$;

-- ---------------------------------------------------------------------------------------------- counts of the engine

CREATE OR REPLACE FUNCTION $schema.majlis_counted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$do$$
DECLARE is_right boolean;
BEGIN
  IF $schema.majlis_is($owner_text) THEN RETURN NULL; END IF;
  IF TG_TABLE_NAME = 'majlis_store' THEN
    is_right := NEW.version = OLD.version + 1;
  ELSIF TG_TABLE_NAME = 'majlis_tables' THEN
    is_right := NEW.last_id BETWEEN OLD.last_id AND OLD.last_id + 1000000;  -- or there would be none left for anybody
  ELSIF TG_OP = 'DELETE' THEN  -- of a session that is long over, or this one
    is_right := split_part(OLD.session, ' ', 1) = pg_backend_pid()::text
      OR OLD.version < (SELECT version FROM $schema.majlis_store) - 1000000;
  ELSE
    is_right := split_part(NEW.session, ' ', 1) = pg_backend_pid()::text
      AND (TG_OP = 'INSERT' OR NEW.session = OLD.session);
  END IF;
  IF NOT is_right THEN
    PERFORM $schema.majlis_refuse('counts by which sessions know what was kept');
  END IF;
  RETURN NULL;
END
$$do$$;

$triggers

-- A lock of one's own choosing could keep the sender out for ever; only who serves takes any.
DO $$do$$
DECLARE each regprocedure;
BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    FOR each IN SELECT oid FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^pg_(try_)?advisory_'
    LOOP
      EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', each);
      EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO $owner, $service', each);
    END LOOP;
  END IF;
END
$$do$$;
COMMIT;
