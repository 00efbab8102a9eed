// The audit's reference: the static binding rules of a synthetic register as one would ask DuckDB for them, one line a finding.
//
//   node audit.mjs FOLDER OUT.csv [brief]      FOLDER holds imprese.csv and professionisti.csv; needs the package @duckdb/node-api
//
// It does the work that pecaudit's audit does, in DuckDB's best form: the list is read once, in parallel, into a table; what is dear (check characters,
// who is certainly another company) is asked only of the few rows for which it matters. Its counts by rule are printed beside pecaudit's; on these
// registers they are equal. It does less all the same: no advisory rules; legal forms as codes only, dates in one form, no codes restored, no
// internationalized domains; a local unit never holds an address; rows that cannot be read are dropped without a word, so that no finding can name its
// row in the file; no reason, no sentence with the evidence, no verdict of the row.
//
// brief is the reduced query: one line a row with flags, no scope by form, no check characters, no dates of registration.
import { createRequire } from 'node:module'
const { DuckDBInstance } = createRequire(process.cwd() + '/')('@duckdb/node-api')
const [folder, out, brief] = process.argv.slice(2)
const asOf = `date '2026-10-01'`
const db = await DuckDBInstance.create(':memory:') // a thread a core
const c = await db.connect()
const columns = {
  'imprese.csv': ['cciaa', 'rea', 'codice_fiscale', 'denominazione', 'natura_giuridica', 'stato', 'data_cancellazione', 'localizzazione', 'comune', 'pec',
    'data_iscrizione_pec', 'data_scadenza_pec', 'pec_amministratore'],
  'professionisti.csv': ['pec', 'codice_fiscale'],
}
const csv = (name) =>
  `read_csv('${folder}/${name}', delim=';', header=true, quote='"', escape='"', auto_detect=false, strict_mode=false, ignore_errors=true, buffer_size=8388608, max_line_size=1048576,
    columns={${columns[name].map((n) => `'${n}':'VARCHAR'`)}})`
const local = "[a-z0-9!#$%&''*+/=?^_`{|}~-]+", label = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?'
const mailbox = `'${local}(?:\\.${local})*@(?:${label}\\.)+${label}'`
const words = (...list) => `(${list.map((w) => `'${w}'`)})`
await c.run(`set preserve_insertion_order=false`)

if (brief) {
  await c.run(`create table imprese as select *, lower(trim(pec)) as a, split_part(lower(trim(pec)), '@', 2) as d from ${csv('imprese.csv')}`)
  await c.run(`create table professionisti as select pec as a, codice_fiscale as cf from ${csv('professionisti.csv')}`)
  await c.run(`copy (
    with positions as (select * from imprese where stato <> 'CANCELLATA' and localizzazione is null),
    shared as (select a from positions where a is not null group by a having min(codice_fiscale) <> max(codice_fiscale))
    select i.cciaa, i.rea, i.codice_fiscale, i.denominazione, i.pec, i.a is null as missing, not regexp_full_match(i.a, ${mailbox}) as malformed,
      i.d = 'postacertificata.gov.it' as cecpac, i.d = 'postalibera.example' as ordinary,
      try_strptime(i.data_scadenza_pec, '%d/%m/%Y') < ${asOf} as expired,
      s.a is not null as shared, p.a is not null and p.cf <> i.codice_fiscale as professional
    from positions i left join shared s on i.a = s.a left join professionisti p on i.a = p.a
    where missing or malformed or cecpac or ordinary or expired or shared or professional
  ) to '${out}' (header, delimiter ';')`)
  process.exit(0)
}

// The tables of configs/ as far as the query needs them.
const none = words('', '-', '--', '//', '/', '0', 'null', 'nessuna', 'nessuno', 'assente', 'non presente', 'non comunicata')
const untold = words('n.d.', 'nd', 'n/d', 'non disponibile', 'non pervenuta', 'da indicare', 'da_indicare', 'privato')
const insolvency = words('FALLITA', 'FALLIMENTO', 'LIQUIDAZIONE GIUDIZIALE', 'LIQUIDAZIONE COATTA', 'CONCORDATO', 'AMMINISTRAZIONE STRAORDINARIA')
const dutyless = words('PF', 'AC', 'AI', 'PA', 'FO', 'FI', 'EI', 'EN', 'EL', 'ED', 'EE', 'EM', 'ER', 'ES', 'IR')
const disputed = words('CO', 'CC', 'CF', 'CS', 'CR', 'CM', 'CZ', 'GE', 'RC', 'AL', 'AM', 'AP', 'AR', 'AT', 'AZ', 'LL', 'EC', 'EP', 'IC', 'ID', 'MA', 'SM', 'CE', 'IF', 'ST', 'AF', 'XX')
const understood = words('DI', 'SE', 'SN', 'AS', 'SF', 'SI', 'SP', 'AU', 'AA', 'SR', 'SU', 'RS', 'RR', 'SA', 'SD', 'SV', 'SS', 'SZ', 'AN', 'AE', 'SO', 'SL', 'CN', 'SC', 'CL', 'CI', 'PC', 'PS',
  'OO', 'OC', 'OS', 'SG')
const statuses = words('ATTIVA', 'REGISTRATA', 'IN ISCRIZIONE', 'INATTIVA', 'SOSPESA', 'IN LIQUIDAZIONE', 'LIQUIDATA', 'SCIOLTA', 'LIQUIDAZIONE VOLONTARIA', 'FALLITA', 'FALLIMENTO',
  'LIQUIDAZIONE GIUDIZIALE', 'LIQUIDAZIONE COATTA', 'CONCORDATO', 'AMMINISTRAZIONE STRAORDINARIA')
const ordinary = words('gmail.com', 'libero.it', 'virgilio.it', 'alice.it', 'tim.it', 'tiscali.it', 'hotmail.it', 'hotmail.com', 'outlook.it', 'outlook.com', 'live.it', 'live.com', 'yahoo.it',
  'yahoo.com', 'icloud.com', 'postalibera.example')

// Tax codes: 11 digits by Luhn, 16 characters by the table of 1976. Only asked of the few.
await c.run(`create macro luhn(s) as regexp_full_match(s, '[0-9]{11}') and s <> '00000000000' and list_sum(list_transform(range(11),
  lambda i: case when i % 2 = 0 then s[i + 1]::int else (s[i + 1]::int * 2) // 10 + (s[i + 1]::int * 2) % 10 end)) % 10 = 0`)
const odd = '[1,0,5,7,9,13,15,17,19,21,2,4,18,20,11,3,6,8,12,14,16,10,22,25,24,23]'
await c.run(`create macro place(x) as case when x <= '9' then ascii(x) - 48 else ascii(x) - 65 end`)
await c.run(`create macro person(s) as regexp_full_match(s, '[A-Z]{6}[0-9L-NP-V]{2}[ABCDEHLMPRST][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]')
  and chr((65 + list_sum(list_transform(range(15), lambda i: case when i % 2 = 1 then place(s[i + 1]) else ${odd}[place(s[i + 1]) + 1] end)) % 26)::int) = s[16]`)
await c.run(`create macro valid(s) as coalesce(case length(s) when 11 then luhn(s) when 16 then person(s) end, false)`)
// base undoes the letters that stand for digits in a namesake's code, in seven places.
await c.run(`create macro base(s) as case when length(s) = 16 then s[1:6] || translate(s[7:8], 'LMNPQRSTUV', '0123456789') || s[9] ||
  translate(s[10:11], 'LMNPQRSTUV', '0123456789') || s[12] || translate(s[13:15], 'LMNPQRSTUV', '0123456789') else s end`)
await c.run(`create macro undressed(s) as rtrim(trim(case when starts_with(trim(s, ' <>"'), 'mailto:') then trim(s, ' <>"')[8:] else s end, ' <>"'), ' ;,.')`)
await c.run(`create macro day(s) as try_strptime(s, '%d/%m/%Y')::date`)

// The list: what is written, what it means, and whether the position has a duty.
await c.run(`create table imprese as
  with read as (
    select cciaa, rea, codice_fiscale as cf, denominazione, natura_giuridica as form, upper(stato) as stato, localizzazione is not null as unit, pec,
      lower(pec) as low, coalesce(regexp_full_match(low, ${mailbox}), false) as plain, data_iscrizione_pec as registered, data_scadenza_pec as expiry,
      data_cancellazione as gone, form = 'DI' or form is null and length(cf) = 16 as trader
    from ${csv('imprese.csv')}
    where rea is not null or length(cf) = 16 or try_cast(cf as bigint) is not null),
  dressed as (select *, case when plain then low else undressed(low) end as cell from read)
  select cciaa, rea, cf, denominazione, form, stato, unit, pec, registered, expiry, trader,
    case when plain or regexp_full_match(cell, ${mailbox}) then case when length(cell) <= 254 and position('@' in cell) <= 65 then 'good' else 'bad' end
      when cell is null or trim(low) in ${none} then 'none' when trim(low) in ${untold} or rtrim(low, '*') = '' then 'untold' else 'bad' end as kind,
    case when kind = 'good' then cell end as a,
    coalesce(stato in ${words('CANCELLATA', 'CESSATA')} or day(gone) <= ${asOf}, false) as cancelled,
    coalesce(stato in ${insolvency}, false) as insolvent,
    not (cancelled or unit or trader and (insolvent or coalesce(stato in ${words('INATTIVA', 'SOSPESA')}, false)) or coalesce(form in ${dutyless}, false)) as duty
  from dressed`)
await c.run(`create table professionisti as select lower(trim(pec)) as a, codice_fiscale as cf from ${csv('professionisti.csv')}`)

// Who else declares the address. Suspects first: addresses on rows of which code or, without one, REA differ; only they are looked at closely.
await c.run(`create table holders as
  with seats as (select * from imprese where a is not null and not unit and not cancelled and not ends_with(a, '@impresa.italia.it')),
  suspects as (select hash(a) as h from seats group by h having min(hash(coalesce(cf, rea))) <> max(hash(coalesce(cf, rea)))),
  named as (select *, valid(cf) as ok, case when ok then cf else coalesce(rea, cf) end as company, day(registered) as since
    from seats where hash(a) in (from suspects))
  select a, company, bool_or(ok) as ok, min(base(cf)) as person, list(distinct rea) as reas, bool_or(duty) as duty,
    case when bool_and(coalesce(since <= ${asOf}, false)) then max(since) end as since
  from named group by a, company`)
await c.run(`create table shares as
  with pairs as (
    select h.a, h.company, h.since, o.duty, o.since as theirs,
      h.company <> o.company and h.ok and o.ok and h.person <> o.person and not list_has_any(h.reas, o.reas) as other
    from holders h join holders o using (a)),
  ranks as (
    select a, company, since, count(*) filter (other) as n, bool_or(duty) filter (other) as accusable, bool_or(theirs is not null) filter (other) as dated,
      bool_or(theirs is null) filter (other) as undated, max(theirs) filter (other) as latest
    from pairs group by a, company, since having count(*) > 1)
  select a, company, case when n = 0 or not accusable then 'unknown' when since is null and not dated then 'fail' when since is null then 'unknown'
    when since < latest then 'fail' when undated or since = latest or n + 1 >= 5 then 'unknown' else 'pass' end as outcome
  from ranks`)
await c.run(`create table shared as
  with met as materialized (
    select i.cciaa, i.rea, i.cf, i.denominazione, i.form, i.pec, i.a, i.insolvent, s.company, s.outcome from imprese i join shares s using (a) where i.duty and s.outcome <> 'pass')
  from met where company = case when valid(cf) then cf else coalesce(rea, cf) end`)
await c.run(`create table professional as
  with met as (select i.*, valid(i.cf) as ok, p.cf as theirs, valid(p.cf) as theirs_ok from imprese i join professionisti p using (a) where i.duty)
  select any_value(cciaa) as cciaa, rea, cf, any_value(denominazione) as denominazione, any_value(form) as form, any_value(pec) as pec, a, bool_or(insolvent) as insolvent,
    case when bool_or(ok and theirs = cf) then 'pass' when bool_and(ok and theirs_ok and base(theirs) <> base(cf)) then 'fail' else 'unknown' end as outcome
  from met group by rea, cf, a`)

// One line a finding.
await c.run(`create macro two(s) as len(list_filter(regexp_split_to_array(s, '[\\s;,/|]+'), lambda x: contains(x, '@'))) >= 2
  and list_bool_or(list_transform(regexp_split_to_array(lower(s), '[\\s;,/|]+'), lambda x: regexp_full_match(undressed(x), ${mailbox})))`)
await c.run(`create table odd as
  select *, substring(a, position('@' in a) + 1) as d from imprese
  where duty and (kind <> 'good' or coalesce(stato not in ${statuses}, trader) or day(expiry) < ${asOf} or d = 'postacertificata.gov.it' or d in ${ordinary} or d = 'usaegetta.example')`)
await c.run(`create table elsewhere as select m.rea from (from odd where kind = 'none') m join imprese o using (cf) where o.kind <> 'none' and valid(cf)`)
await c.run(`copy (
  with share as (select count(*) filter (kind = 'none') / count(*) as missing from imprese where duty),
  findings as (
    select cciaa, rea, cf, denominazione, form, pec, 'REG-001' as rule, 'missing' as ground, case when kind = 'untold' or insolvent or form in ${disputed}
      or form not in ${understood} or rea in (from elsewhere) or (select missing from share) > 0.3 then 'unknown' else 'fail' end as outcome from odd where kind in ('none', 'untold')
    union all
    select cciaa, rea, cf, denominazione, form, pec, 'REG-006', 'status', 'unknown' from odd where coalesce(stato not in ${statuses}, trader)
    union all
    select cciaa, rea, cf, denominazione, form, pec, case when two(pec) then 'SYN-002' else 'SYN-001' end, case when two(pec) then 'several' else 'malformed' end,
      case when two(pec) then 'unknown' else 'fail' end from odd where kind = 'bad'
    union all
    select cciaa, rea, cf, denominazione, form, pec, 'DOM-001', 'cec-pac', 'fail' from odd where d = 'postacertificata.gov.it'
    union all
    select cciaa, rea, cf, denominazione, form, pec, 'DOM-002', 'ordinary', case when d in ${ordinary} then 'fail' else 'unknown' end from odd
      where d in ${ordinary} or d = 'usaegetta.example'
    union all
    select cciaa, rea, cf, denominazione, form, pec, 'EXP-001', 'expired', case when insolvent then 'unknown' else 'fail' end from odd where day(expiry) < ${asOf} and kind = 'good'
    union all
    select cciaa, rea, cf, denominazione, form, pec, 'UNI-001', 'shared', case when insolvent then 'unknown' else outcome end from shared s
      where not exists (from professional p where p.a = s.a and p.rea is not distinct from s.rea and p.cf is not distinct from s.cf and p.outcome = 'fail' and not p.insolvent)
    union all
    select cciaa, rea, cf, denominazione, form, pec, 'UNI-002', 'professional', case when insolvent then 'unknown' else outcome end from professional where outcome <> 'pass')
  select cciaa, rea, cf as codice_fiscale, denominazione, form as natura_giuridica, pec, rule, 'binding' as force, outcome, ground from findings
) to '${out}' (header, delimiter ';')`)
