"""The tax ids that Stripe knows and we can tell apart, by country; the likelier come first.

Source: https://docs.stripe.com/billing/customer/tax-ids (types and their examples)
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TaxType:
    """One kind of tax id, by Stripe's name for it.

    `form` is its form without separators, `check` the module of python-stdnum that knows its check
    digits; `prefix` and `suffix` are put on when somebody leaves them off.
    """

    type: str
    country: str
    example: str
    form: str
    check: str = ""
    prefix: str = ""
    suffix: str = ""

    def fits(self, plain: str) -> bool:
        """Tell whether an id without separators has this form."""
        return re.fullmatch(self.form, plain) is not None


TAX_TYPES = (
    TaxType("ad_nrt", "AD", "F-123456-Z", r"[A-Z]\d{6}[A-Z]", "ad.nrt"),
    TaxType("ae_trn", "AE", "123456789012345", r"\d{15}"),
    TaxType("al_tin", "AL", "J12345678N", r"[A-Z]\d{8}[A-Z]", "al.nipt"),
    TaxType("am_tin", "AM", "02538904", r"\d{8}"),
    TaxType("ao_tin", "AO", "5123456789", r"\d{9,10}|\d{9}[A-Z]{2}\d{3}"),
    TaxType("ar_cuit", "AR", "20-12345678-9", r"\d{11}", "ar.cuit"),
    TaxType("au_abn", "AU", "83914571673", r"\d{11}", "au.abn"),
    TaxType("au_acn", "AU", "004085616", r"\d{9}", "au.acn"),
    TaxType("au_arn", "AU", "123456789123", r"\d{12}"),
    TaxType("aw_tin", "AW", "11111111", r"\d{8}"),
    TaxType("az_tin", "AZ", "0123456789", r"\d{10}", "az.voen"),
    TaxType("ba_tin", "BA", "123456789012", r"\d{12,13}"),
    TaxType("bb_tin", "BB", "1123456789012", r"\d{13}"),
    TaxType("bd_bin", "BD", "123456789-0123", r"\d{13}"),
    TaxType("bf_ifu", "BF", "12345678A", r"\d{8}[A-Z]"),
    TaxType("bh_vat", "BH", "123456789012345", r"\d{15}"),
    TaxType("bj_ifu", "BJ", "1234567890123", r"\d{13}"),
    TaxType("bo_tin", "BO", "123456789", r"\d{7,12}"),
    TaxType("br_cnpj", "BR", "16.727.230/0001-97", r"[0-9A-Z]{12}\d{2}", "br.cnpj"),
    TaxType("br_cpf", "BR", "390.533.447-05", r"\d{11}", "br.cpf"),
    TaxType("bs_tin", "BS", "123.456.789", r"\d{9}"),
    TaxType("bw_vat", "BW", "C12345678901", r"[A-Z]?\d{8,12}"),
    TaxType("by_tin", "BY", "200988541", r"[A-Z0-9]{2}\d{7}", "by.unp"),
    TaxType("ca_gst_hst", "CA", "123456782RT0001", r"\d{9}RT\d{4}"),
    TaxType("ca_bn", "CA", "123456782", r"\d{9}", "ca.bn"),
    TaxType("ca_qst", "CA", "1234567890TQ1234", r"\d{10}TQ\d{4}"),
    TaxType("ca_pst_bc", "CA", "PST-1234-5678", r"PST\d{8}"),
    TaxType("cd_nif", "CD", "A0123456M", r"[A-Z]\d{7}[A-Z]"),
    TaxType("ch_vat", "CH", "CHE-100.155.212 MWST", r"CHE\d{9}MWST", "ch.vat"),
    TaxType("ch_vat", "CH", "CHE-100.155.212 TVA", r"CHE\d{9}(TVA|IVA)", "ch.vat"),
    TaxType("ch_uid", "CH", "CHE-100.155.212", r"CHE\d{9}", "ch.uid"),
    TaxType("ci_vat", "CI", "1234567A", r"\d{7}[A-Z]"),
    TaxType("cl_tin", "CL", "12.531.909-2", r"\d{7,8}[0-9K]", "cl.rut"),
    TaxType("cm_niu", "CM", "M123456789000L", r"[A-Z]\d{12}[A-Z]"),
    TaxType("cn_tin", "CN", "91110000600037341L", r"[0-9A-Z]{15,20}", "cn.uscc"),
    TaxType("co_nit", "CO", "213.123.432-1", r"\d{9,10}", "co.nit"),
    TaxType("cr_tin", "CR", "3-101-999999", r"\d{9,12}"),
    TaxType("cv_nif", "CV", "213456789", r"\d{9}"),
    TaxType("do_rcn", "DO", "101-85004-3", r"\d{9}|\d{11}", "do.rnc"),
    TaxType("ec_ruc", "EC", "1792060346001", r"\d{13}", "ec.ruc"),
    TaxType("eg_tin", "EG", "100-531-385", r"\d{9}", "eg.tn"),
    TaxType("et_tin", "ET", "1234567890", r"\d{10}"),
    TaxType("fo_vat", "FO", "623857", r"\d{6}", "fo.vn"),
    TaxType(
        "gb_vat", "GB", "GB980780684", r"GB(\d{9}|\d{12}|GD\d{3}|HA\d{3})", "gb.vat", prefix="GB"
    ),
    TaxType("ge_vat", "GE", "123456789", r"\d{9}|\d{11}"),
    TaxType("gh_tin", "GH", "C0000803561", r"[A-Z0-9]{11}|[A-Z]{3}\d{9}[0-9A-Z]", "gh.tin"),
    TaxType("gi_tin", "GI", "123456", r"\d{5,6}"),
    TaxType("gn_nif", "GN", "693770885", r"\d{9}", "gn.nifp"),
    TaxType("hk_br", "HK", "12345678", r"\d{8}"),
    TaxType("id_npwp", "ID", "01.300.066.6-091.000", r"\d{15,16}", "id.npwp"),
    TaxType("il_vat", "IL", "516179157", r"\d{9}", "il.hp"),
    TaxType("in_gst", "IN", "27AAPFU0939F1ZV", r"\d{2}[A-Z0-9]{13}", "in_.gstin"),
    TaxType("is_vat", "IS", "00621", r"\d{5,6}", "is_.vsk"),
    TaxType("is_kt", "IS", "450401-3150", r"\d{10}", "is_.kennitala"),
    TaxType("jp_trn", "JP", "T8700110005901", r"T\d{13}"),
    TaxType("jp_cn", "JP", "8700110005901", r"\d{13}", "jp.cn"),
    TaxType("jp_rn", "JP", "12345", r"\d{5}"),
    TaxType("ke_pin", "KE", "P051365947M", r"[A-Z]\d{9}[A-Z]", "ke.pin"),
    TaxType("kg_tin", "KG", "12345678901234", r"\d{14}"),
    TaxType("kh_tin", "KH", "1001-123456789", r"[A-Z]?\d{13}|[A-Z]\d{12}"),
    TaxType("kr_brn", "KR", "116-82-00276", r"\d{10}", "kr.brn"),
    TaxType("kz_bin", "KZ", "123456789012", r"\d{12}"),
    TaxType("la_tin", "LA", "123456789-000", r"\d{12}"),
    TaxType("li_vat", "LI", "12345", r"\d{5}"),
    TaxType("li_uid", "LI", "CHE123456789", r"CHE\d{9}"),
    TaxType("lk_vat", "LK", "123456789-7000", r"\d{13}|\d{9}"),
    TaxType("ma_vat", "MA", "12345678", r"\d{8}"),
    TaxType("md_vat", "MD", "1234567", r"\d{7}"),
    TaxType("md_cf", "MD", "1008600038413", r"\d{13}", "md.idno"),
    TaxType("me_pib", "ME", "02655284", r"\d{8}", "me.pib"),
    TaxType("mk_vat", "MK", "MK4057009501106", r"MK\d{13}", "mk.edb", prefix="MK"),
    TaxType("mr_nif", "MR", "12345678", r"\d{8}"),
    TaxType("mu_vat", "MU", "20123456", r"(VAT)?\d{8}"),
    TaxType("mx_rfc", "MX", "GODE561231GR8", r"[A-ZÑ&]{3,4}\d{6}[A-Z0-9]{3}", "mx.rfc"),
    TaxType("my_itn", "MY", "C 1234567890", r"[A-Z]{1,2}\d{8,12}"),
    TaxType("my_sst", "MY", "A12-3456-78912345", r"[A-Z]\d{14}"),
    TaxType("my_frp", "MY", "12345678", r"\d{8}"),
    TaxType("mz_nuit", "MZ", "400339910", r"\d{9}", "mz.nuit"),
    TaxType("ng_tin", "NG", "12345678-0001", r"\d{10,13}"),
    TaxType("no_vat", "NO", "995525828MVA", r"\d{9}MVA", "no.mva", suffix="MVA"),
    TaxType("np_pan", "NP", "123456789", r"\d{9}"),
    TaxType("nz_gst", "NZ", "49-098-576", r"\d{8,9}", "nz.ird"),
    TaxType("nz_bn", "NZ", "9429041234567", r"\d{13}"),
    TaxType("om_vat", "OM", "OM1234567890", r"OM\d{10}", prefix="OM"),
    TaxType("pe_ruc", "PE", "20512333797", r"\d{11}", "pe.ruc"),
    TaxType("ph_tin", "PH", "123456789012", r"\d{9}|\d{12,14}"),
    TaxType("py_ruc", "PY", "80028061-0", r"\d{6,9}", "py.ruc"),
    TaxType("rs_pib", "RS", "101134702", r"\d{9}", "rs.pib"),
    TaxType("ru_inn", "RU", "7707083893", r"\d{10}|\d{12}", "ru.inn"),
    TaxType("ru_kpp", "RU", "123456789", r"\d{9}"),
    TaxType("sa_vat", "SA", "300000000000003", r"\d{15}"),
    TaxType("sg_uen", "SG", "00192200M", r"\d{8,9}[A-Z]|[A-Z]\d{2}[A-Z]{2}\d{4}[A-Z]", "sg.uen"),
    TaxType("sg_gst", "SG", "M91234567X", r"M[A-Z0-9]\d{7}[A-Z]"),
    TaxType("sm_coe", "SM", "51", r"\d{1,5}", "sm.coe"),
    TaxType("sn_ninea", "SN", "306 7221 2G2", r"\d{7,9}[A-Z0-9]{3}|\d{7,9}", "sn.ninea"),
    TaxType("sr_fin", "SR", "1234567890", r"\d{10}"),
    TaxType("sv_nit", "SV", "0614-050707-104-8", r"\d{14}", "sv.nit"),
    TaxType("th_vat", "TH", "1234545678781", r"\d{13}", "th.tin"),
    TaxType("tj_tin", "TJ", "123456789", r"\d{9}"),
    TaxType("tr_tin", "TR", "4540536920", r"\d{10}", "tr.vkn"),
    TaxType("tt_vat", "TT", "123456", r"\d{6}"),
    TaxType("tt_bir", "TT", "1234567890", r"\d{10}"),
    TaxType("tw_vat", "TW", "00501503", r"\d{8}", "tw.ubn"),
    TaxType("tz_vat", "TZ", "12345678A", r"\d{8}[A-Z]"),
    TaxType("ua_vat", "UA", "123456789", r"\d{8,12}"),
    TaxType("ug_tin", "UG", "1014751879", r"\d{10}"),
    TaxType("us_ein", "US", "91-1144442", r"\d{9}", "us.ein"),
    TaxType("uy_ruc", "UY", "211003420017", r"\d{12}", "uy.rut"),
    TaxType("uz_tin", "UZ", "123456789", r"\d{9}"),
    TaxType("uz_vat", "UZ", "123456789012", r"\d{12}"),
    TaxType("ve_rif", "VE", "V-11470283-4", r"[VEJPG]\d{9}", "ve.rif"),
    TaxType("vn_tin", "VN", "0100233488", r"\d{10}|\d{13}", "vn.mst"),
    TaxType("za_vat", "ZA", "4123456789", r"4\d{9}"),
    TaxType("zm_tin", "ZM", "1004751879", r"\d{10}"),
    TaxType("zw_tin", "ZW", "1234567890", r"\d{10}"),
    TaxType("eu_vat", "AT", "ATU13585627", r"ATU\d{8}", "eu.vat", prefix="AT"),
    TaxType("eu_vat", "BE", "BE0776091951", r"BE[01]\d{9}", "eu.vat", prefix="BE"),
    TaxType("eu_vat", "BG", "BG175074752", r"BG\d{9,10}", "eu.vat", prefix="BG"),
    TaxType("eu_vat", "CY", "CY10259033P", r"CY\d{8}[A-Z]", "eu.vat", prefix="CY"),
    TaxType("eu_vat", "CZ", "CZ25123891", r"CZ\d{8,10}", "eu.vat", prefix="CZ"),
    TaxType("eu_vat", "DE", "DE136695976", r"DE\d{9}", "eu.vat", prefix="DE"),
    TaxType("eu_vat", "DK", "DK13585628", r"DK\d{8}", "eu.vat", prefix="DK"),
    TaxType("eu_vat", "EE", "EE100931558", r"EE\d{9}", "eu.vat", prefix="EE"),
    TaxType("eu_vat", "GR", "EL094259216", r"EL\d{9}", "eu.vat", prefix="EL"),
    TaxType("eu_vat", "ES", "ESB58378431", r"ES[A-Z0-9]\d{7}[A-Z0-9]", "eu.vat", prefix="ES"),
    TaxType("eu_vat", "FI", "FI20774740", r"FI\d{8}", "eu.vat", prefix="FI"),
    TaxType("eu_vat", "FR", "FR40303265045", r"FR[A-Z0-9]{2}\d{9}", "eu.vat", prefix="FR"),
    TaxType("eu_vat", "HR", "HR33392005961", r"HR\d{11}", "eu.vat", prefix="HR"),
    TaxType("eu_vat", "HU", "HU12892312", r"HU\d{8}", "eu.vat", prefix="HU"),
    TaxType("eu_vat", "IE", "IE6433435F", r"IE\d[A-Z0-9+*]\d{5}[A-Z]{1,2}", "eu.vat", prefix="IE"),
    TaxType("eu_vat", "IT", "IT00743110157", r"IT\d{11}", "eu.vat", prefix="IT"),
    TaxType("eu_vat", "LT", "LT119511515", r"LT(\d{9}|\d{12})", "eu.vat", prefix="LT"),
    TaxType("eu_vat", "LU", "LU15027442", r"LU\d{8}", "eu.vat", prefix="LU"),
    TaxType("eu_vat", "LV", "LV40003521600", r"LV\d{11}", "eu.vat", prefix="LV"),
    TaxType("eu_vat", "MT", "MT11679112", r"MT\d{8}", "eu.vat", prefix="MT"),
    TaxType("eu_vat", "NL", "NL004495445B01", r"NL[A-Z0-9+*]{10}\d{2}", "eu.vat", prefix="NL"),
    TaxType("eu_vat", "PL", "PL8567346215", r"PL\d{10}", "eu.vat", prefix="PL"),
    TaxType("eu_vat", "PT", "PT501964843", r"PT\d{9}", "eu.vat", prefix="PT"),
    TaxType("eu_vat", "RO", "RO18547290", r"RO\d{2,10}", "eu.vat", prefix="RO"),
    TaxType("eu_vat", "SE", "SE123456789701", r"SE\d{12}", "eu.vat", prefix="SE"),
    TaxType("eu_vat", "SI", "SI50223054", r"SI\d{8}", "eu.vat", prefix="SI"),
    TaxType("eu_vat", "SK", "SK2022749619", r"SK\d{10}", "eu.vat", prefix="SK"),
    TaxType(
        "eu_vat", "XI", "XI110305878", r"XI(\d{9}|\d{12}|GD\d{3}|HA\d{3})", "eu.vat", prefix="XI"
    ),
    TaxType("de_stn", "DE", "93815/08152", r"\d{10,13}"),
    TaxType("fr_siret", "FR", "73282932000074", r"\d{14}", "fr.siret"),
    TaxType("fr_siren", "FR", "552008443", r"\d{9}", "fr.siren"),
    TaxType("fr_spi", "FR", "1234567890123", r"\d{13}"),
    TaxType("hu_tin", "HU", "12345678-1-23", r"\d{11}"),
    TaxType("it_cf", "IT", "RCCMNL83S18D969H", r"[A-Z0-9]{16}", "it.codicefiscale"),
    TaxType("ro_tin", "RO", "1630615123457", r"\d{13}", "ro.cnp"),
    TaxType("eu_oss_vat", "EU", "EU372000041", r"EU\d{9}", "eu.oss", prefix="EU"),
)

NOT_OFFERED = (
    "au_wpn", "bg_uic", "ca_pst_mb", "ca_pst_sk", "cz_dic", "es_cif",
    "hr_oib", "ic_nif", "no_voec", "pl_nip", "pt_nif", "si_tin",
)  # fmt: skip
"""Types of Stripe's that no form tells from a likelier one of the same country."""
