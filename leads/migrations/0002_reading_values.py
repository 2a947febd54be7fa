from django.db import migrations

# How criteria read values in SQL, the same as sla/criteria/values.py on whatever database: its own idea of lower case
# depends on its locale and version.
CASED = ((0x80, 0x557), (0x1E00, 0x2000), (0x2160, 0x2170), (0x24B6, 0x24D0), (0xFF21, 0xFF3B))
PAIRS = [
    (chr(code), chr(code).lower())
    for start, end in CASED
    for code in range(start, end)
    if len(chr(code).lower()) == 1 and chr(code).lower() != chr(code)
]
CAPITALS, SMALL = ("".join(letters) for letters in zip(*PAIRS))
BLANKS = "".join(chr(code) for code in (*range(9, 14), *range(28, 33)))
WIDE_BLANKS = BLANKS + "".join(
    chr(code) for code in (0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
)
FUNCTIONS = f"""
CREATE FUNCTION leads_fold(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE WHEN octet_length(value) = char_length(value)
        THEN lower(btrim(value, '{BLANKS}') COLLATE "C") COLLATE "C"
        ELSE translate(lower(btrim(value, '{WIDE_BLANKS}') COLLATE "C"), '{CAPITALS}', '{SMALL}') COLLATE "C"
    END
$body$;
CREATE FUNCTION leads_list_text(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT string_agg(item, ', ' ORDER BY place) FROM (
        SELECT place, CASE jsonb_typeof(part)
            WHEN 'string' THEN part #>> '{{}}'
            WHEN 'boolean' THEN CASE WHEN part::boolean THEN 'yes' ELSE 'no' END
            WHEN 'number' THEN trim_scale((part #>> '{{}}')::numeric)::text
            WHEN 'array' THEN leads_list_text(part)
        END AS item
        FROM jsonb_array_elements(value) WITH ORDINALITY AS parts (part, place)
    ) AS items
    WHERE btrim(item, '{WIDE_BLANKS}') <> ''
$body$;
CREATE FUNCTION leads_text(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE jsonb_typeof(value)
        WHEN 'string' THEN value #>> '{{}}'
        WHEN 'boolean' THEN CASE WHEN value::boolean THEN 'yes' ELSE 'no' END
        WHEN 'number' THEN trim_scale((value #>> '{{}}')::numeric)::text
        WHEN 'array' THEN leads_list_text(value)
    END
$body$;
CREATE FUNCTION leads_number(value text) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
    SELECT CASE WHEN value ~ '^-?[0-9]{{1,15}}([.][0-9]{{1,30}})?$' THEN value::double precision END
$body$;
"""
DROPPED = """
DROP FUNCTION leads_number(text);
DROP FUNCTION leads_text(jsonb);
DROP FUNCTION leads_list_text(jsonb);
DROP FUNCTION leads_fold(text);
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial")]

    operations = [migrations.RunSQL(FUNCTIONS, DROPPED)]
