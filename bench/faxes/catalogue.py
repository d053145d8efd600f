"""What is ordered, for which diagnoses and how it is put into words: equipment, home health services, infusions."""

from __future__ import annotations

from dataclasses import dataclass

DIAGNOSES = {
    "J44.9": "COPD, unspecified",
    "J44.1": "COPD with acute exacerbation",
    "J96.11": "Chronic respiratory failure with hypoxia",
    "J96.10": "Chronic respiratory failure, unsp",
    "J43.9": "Emphysema, unspecified",
    "J84.10": "Pulmonary fibrosis, unspecified",
    "R09.02": "Hypoxemia",
    "I27.20": "Pulmonary hypertension, unsp",
    "I50.22": "Chronic systolic heart failure",
    "I50.9": "Heart failure, unspecified",
    "I50.32": "Chronic diastolic heart failure",
    "G47.33": "Obstructive sleep apnea",
    "G47.31": "Primary central sleep apnea",
    "E66.2": "Morbid obesity w/ alveolar hypoventilation",
    "M62.81": "Muscle weakness (generalized)",
    "R26.2": "Difficulty in walking, NEC",
    "R26.89": "Other abnormalities of gait",
    "R26.81": "Unsteadiness on feet",
    "Z91.81": "History of falling",
    "M17.11": "Unilateral primary OA, right knee",
    "M17.12": "Unilateral primary OA, left knee",
    "M16.11": "Unilateral primary OA, right hip",
    "Z96.651": "Presence of right artificial knee joint",
    "Z96.641": "Presence of right artificial hip joint",
    "Z47.1": "Aftercare following joint replacement",
    "S72.001A": "Fracture of right femoral neck, initial",
    "G20.A1": "Parkinson's disease w/o dyskinesia",
    "G12.21": "Amyotrophic lateral sclerosis",
    "G82.20": "Paraplegia, unspecified",
    "G81.91": "Hemiplegia, right dominant side",
    "I69.351": "Hemiplegia following cerebral infarction, R dominant",
    "I63.9": "Cerebral infarction, unspecified",
    "L89.153": "Pressure ulcer of sacral region, stage 3",
    "L89.154": "Pressure ulcer of sacral region, stage 4",
    "L89.623": "Pressure ulcer of left heel, stage 3",
    "L97.412": "Non-prs chr ulcer of right heel, fat layer exposed",
    "L97.512": "Non-prs chr ulcer other part right foot, fat layer",
    "I83.012": "Varicose veins RLE with ulcer of calf",
    "E11.621": "Type 2 DM with foot ulcer",
    "E11.9": "Type 2 DM without complications",
    "E11.65": "Type 2 DM with hyperglycemia",
    "E10.9": "Type 1 DM without complications",
    "T81.31XA": "Disruption of external surgical wound, init",
    "Z48.00": "Encounter for change of nonsurgical dressing",
    "Z93.2": "Ileostomy status",
    "Z93.3": "Colostomy status",
    "R33.9": "Retention of urine, unspecified",
    "N31.9": "Neuromuscular dysfunction of bladder",
    "R13.10": "Dysphagia, unspecified",
    "Z93.1": "Gastrostomy status",
    "I10": "Essential (primary) hypertension",
    "N18.6": "End stage renal disease",
    "M86.171": "Other acute osteomyelitis, right ankle and foot",
    "M86.672": "Other chronic osteomyelitis, left ankle and foot",
    "L03.115": "Cellulitis of right lower limb",
    "L03.116": "Cellulitis of left lower limb",
    "A41.9": "Sepsis, unspecified organism",
    "A41.02": "Sepsis due to MRSA",
    "I33.0": "Acute and subacute infective endocarditis",
    "N39.0": "Urinary tract infection, site not specified",
    "T84.53XA": "Infection of right knee prosthesis, init",
    "R78.81": "Bacteremia",
    "K50.90": "Crohn's disease, unspecified",
    "K91.2": "Postsurgical malabsorption, NEC",
    "D80.1": "Nonfamilial hypogammaglobulinemia",
    "D83.9": "Common variable immunodeficiency",
    "G61.81": "CIDP",
    "J15.212": "Pneumonia due to MRSA",
    "C18.9": "Malignant neoplasm of colon, unsp",
    "F03.90": "Unspecified dementia",
    "S81.801A": "Unspecified open wound, right lower leg, init",
    "Z74.01": "Bed confinement status",
    "M54.50": "Low back pain, unspecified",
}


@dataclass(frozen=True, slots=True)
class Good:
    """One thing to order; `family` groups what one form lists together, `most` is the largest usual quantity."""

    code: str
    text: str
    icd10: tuple[str, ...]
    family: str
    frequency: str | None = None
    device: bool = False
    most: int = 1


def _goods(family: str, rows: str) -> tuple[Good, ...]:
    goods = []
    for row in rows.strip().splitlines():
        code, text, icd10, frequency, most = row.split("|")
        goods.append(
            Good(code, text, tuple(icd10.split()), family, frequency.strip("*") or None, "*" in frequency, int(most))
        )
    return tuple(goods)


DME = (
    *_goods(
        "oxygen",
        """E1390|Oxygen concentrator, single delivery port|J44.9 J96.11 R09.02|oxygen_lpm*|1
E0431|Portable gaseous oxygen system, rental|J44.9 J96.11|oxygen_lpm|1
E0434|Portable liquid oxygen system, rental|J84.10 J96.10|oxygen_lpm|1
E1392|Portable oxygen concentrator, rental|J44.1 J43.9 I27.20|oxygen_lpm*|1
E0439|Stationary liquid oxygen system, rental|J84.10 R09.02|oxygen_lpm|1
E0570|Nebulizer with compressor|J44.9 J44.1|*|1
E0600|Respiratory suction pump, home model|G12.21 R13.10|*|1""",
    ),
    *_goods(
        "pap",
        """E0601|CPAP device|G47.33|*|1
E0470|Bi-level respiratory assist device without backup|G47.33 E66.2|*|1
E0471|Bi-level respiratory assist device with backup|G47.31 G12.21|*|1
E0562|Heated humidifier for PAP device|G47.33||1
A7030|Full face mask for PAP device|G47.33||1
A7034|Nasal mask for PAP device|G47.33||1
A7037|Tubing for PAP device|G47.33||1
A7038|Disposable filter for PAP device|G47.33||6
A7031|Full face mask cushion, replacement|G47.33||3""",
    ),
    *_goods(
        "mobility",
        """K0001|Standard wheelchair|M62.81 R26.2 G82.20|*|1
K0003|Lightweight wheelchair|M62.81 R26.89|*|1
K0004|High strength lightweight wheelchair|G82.20 I69.351|*|1
E0143|Folding wheeled walker|R26.2 R26.81 Z96.651 Z47.1|*|1
E0149|Heavy duty wheeled walker|R26.89 M17.11|*|1
E0105|Quad cane|R26.81 Z91.81||1
E0163|Commode chair, fixed arms|M62.81 Z96.641 S72.001A||1
E0240|Bath/shower chair|R26.81 M16.11 Z91.81||1
E0630|Patient lift, hydraulic|G82.20 Z74.01 G12.21|*|1
E0114|Crutches, underarm, pair|S72.001A M17.12||1""",
    ),
    *_goods(
        "bed",
        """E0260|Hospital bed, semi-electric, with mattress|I50.22 M62.81 J44.9|*|1
E0265|Hospital bed, total electric, with mattress|G12.21 G82.20|*|1
E0303|Hospital bed, heavy duty|E66.2 I50.9|*|1
E0277|Powered pressure-reducing air mattress|L89.153 L89.154|*|1
E0185|Gel pressure mattress overlay|L89.153 Z74.01||1
E0910|Trapeze bar attached to bed|M62.81 G82.20||1""",
    ),
    *_goods(
        "wound",
        """A6212|Foam dressing, sterile, 16 sq in or less|L97.412 E11.621|dressings_per_week|30
A6196|Alginate dressing, 16 sq in or less|L89.153 L97.512|dressings_per_week|30
A6209|Foam dressing without border, 16 sq in or less|L89.623 I83.012|dressings_per_week|30
A6234|Hydrocolloid dressing, 16 sq in or less|L89.153|dressings_per_week|15
A6402|Sterile gauze, 16 sq in or less|T81.31XA S81.801A|dressings_per_week|90
A6242|Hydrogel dressing, 16 sq in or less|L97.512 E11.621|dressings_per_week|30
A6446|Conforming bandage, sterile, per yard|I83.012 L97.412|dressings_per_week|60
E2402|Negative pressure wound therapy pump|L89.154 T81.31XA|dressings_per_week*|1""",
    ),
    *_goods(
        "supplies",
        """A4253|Blood glucose test strips, per 50|E11.9 E11.65 E10.9||4
E0607|Home blood glucose monitor|E11.9 E11.65|*|1
A4239|CGM supply allowance, one month|E11.65 E10.9||3
A4351|Intermittent urinary catheter, straight tip|R33.9 N31.9||120
A4353|Intermittent catheter kit|N31.9||90
A5061|Ostomy pouch, drainable|Z93.2 Z93.3||20
A4414|Ostomy skin barrier, 4x4|Z93.2 Z93.3||10
B4035|Enteral feeding supply kit, pump fed, per day|R13.10 Z93.1||30
E0730|TENS device, four lead|M54.50|*|1""",
    ),
)
HOME_HEALTH = _goods(
    "home_health",
    """G0299|Skilled nursing visit, RN|I50.22 E11.621 J44.1|visits|18
G0300|Skilled nursing visit, LPN|L89.153 E11.65|visits|14
G0151|Physical therapy visit|M62.81 R26.2 Z47.1 Z96.651|visits|12
G0152|Occupational therapy visit|I69.351 M62.81|visits|9
G0153|Speech-language pathology visit|R13.10 I63.9|visits|8
G0155|Medical social work visit|F03.90 I50.9|visits|3
G0156|Home health aide visit|M62.81 Z74.01|visits|16
G0157|Physical therapist assistant visit|Z96.641 R26.89|visits|10""",
)
INFUSION = _goods(
    "infusion",
    """J0696|Ceftriaxone 2 g IV|M86.171 A41.9|dose_interval_hours|42
J3370|Vancomycin 1 g IV|L03.115 A41.02 J15.212|dose_interval_hours|28
J0690|Cefazolin 2 g IV|T84.53XA I33.0|dose_interval_hours|42
J0878|Daptomycin 500 mg IV|R78.81 M86.672|dose_interval_hours|42
J1335|Ertapenem 1 g IV|N39.0 L03.116|dose_interval_hours|14
J2543|Piperacillin/tazobactam 3.375 g IV|A41.9 L03.115|dose_interval_hours|42
J2185|Meropenem 1 g IV|A41.9 N39.0|dose_interval_hours|30
J0692|Cefepime 2 g IV|J15.212 M86.171|dose_interval_hours|28
J1569|Immune globulin 10% 25 g IV|D80.1 D83.9 G61.81|dose_interval_hours|4
J1745|Infliximab 400 mg IV|K50.90|dose_interval_hours|3
S9500|Home infusion antibiotic per diem, every 24 h|M86.171 R78.81|dose_interval_hours|42
S9365|Home infusion TPN per diem, 1 L|K91.2 C18.9|dose_interval_hours|30""",
)
GOODS = {"dme": DME, "home_health": HOME_HEALTH, "infusion": INFUSION}
INTERVALS = (6, 8, 12, 24, 24, 48)
MAKERS = {
    "oxygen": (
        ("Inogen", "One G5"),
        ("Philips", "EverFlo"),
        ("Drive", "DeVilbiss 525DS"),
        ("Invacare", "Perfecto2"),
        ("CAIRE", "FreeStyle Comfort"),
    ),
    "pap": (
        ("ResMed", "AirSense 11"),
        ("ResMed", "AirCurve 10"),
        ("Philips", "DreamStation 2"),
        ("Fisher & Paykel", "SleepStyle"),
    ),
    "mobility": (
        ("Invacare", "9000XT"),
        ("Drive", "Cruiser III"),
        ("Medline", "MDS86850"),
        ("Hoyer", "HML400"),
        ("Sunrise", "Quickie 2"),
    ),
    "bed": (("Drive", "15030"), ("Invacare", "5410IVC"), ("Joerns", "U770"), ("Medline", "Alterra 1385")),
    "wound": (("3M", "ActiV.A.C."), ("Medela", "Invia Liberty")),
    "supplies": (("Abbott", "FreeStyle Lite"), ("Roche", "Accu-Chek Guide"), ("Zynex", "NexWave")),
}
