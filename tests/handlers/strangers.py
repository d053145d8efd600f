"""Papers in the words of strangers: what an intake fax line gets, written apart from the rules that tell them apart.

Each is (name, the classes that are right, text). Nobody in them exists.
"""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

Paper = tuple[str, tuple[str, ...], str]

OTHERS: tuple[Paper, ...] = (
    (
        "flu-vaccine-offer",
        ("marketing",),
        """\
PRE-BOOK YOUR 2026-2027 FLU VACCINE NOW
Order by March 31 and lock in our best pricing of the season!
Pediatric and high dose presentations available. Orders over $1,000 ship free.
Call your account executive at 800-555-0143 or order online with code EARLY27
If you no longer wish to receive faxes from Northgate Medical Supply, check here [ ] and return to 800-555-0144.
""",
    ),
    (
        "supplier-with-codes",
        ("marketing",),
        """\
ATTENTION DISCHARGE PLANNERS AND REFERRAL COORDINATORS
Bluewater Home Oxygen & DME now serves your county
We carry: E1390 stationary concentrators, E1392 portables, K0001 - K0004 wheelchairs, E0260 hospital beds,
E0601 CPAP and E0470 bilevel, A7030 full face masks, A6550 wound therapy dressing kits, E0143 walkers
Same day delivery. We accept Medicare, Medicaid and most commercial insurance.
Our respiratory therapists train your patients at home. Fax your orders to 555-0188, ask for Dee.
Proudly serving the community since 1998 - see what sets us apart at bluewaterhome.example
""",
    ),
    (
        "lunch-and-learn",
        ("marketing",),
        """\
You're invited! Lunch & Learn
New options in negative pressure wound therapy
Presented by our clinical liaison team, Thursday December 10, 12:00 PM, your break room
We bring lunch for the whole staff. Please RSVP with head count and dietary restrictions
by calling Marcy at 614-555-0170. CEU credit pending.
""",
    ),
    (
        "conference",
        ("marketing", "other"),
        """\
SAVE THE DATE
14th Annual Post-Acute Care Leadership Summit
April 15-17, 2027 | Riverfront Convention Center
Keynotes, breakout sessions, exhibit hall. Early bird registration $495 through January 15.
Group rates are available for three or more attendees. Register at summit.example or fax the form below.
Name ______ Title ______ Organization ______ Credit card no. ______
""",
    ),
    (
        "newsletter",
        ("marketing", "other"),
        """\
PROVIDER BULLETIN - FALL 2026
In this issue: Updated fee schedule | New claims portal | Holiday hours
Effective January 1, claims must be submitted electronically. Paper claims are going to be returned.
Our offices will be closed on November 26 and 27. Training sessions on the new portal are held every Tuesday.
Share this bulletin with your billing staff.
""",
    ),
    (
        "warranty",
        ("marketing",),
        """\
FINAL NOTICE - YOUR COPIER WARRANTY IS ABOUT TO EXPIRE
Respond within 5 days to keep your coverage. Our records show that your office equipment may no longer be protected.
Low monthly payments. No credit check. Call 877-555-0120 today, ask for department 40.
""",
    ),
    (
        "staffing",
        ("marketing",),
        """\
Need nurses fast?
StaffBridge supplies RNs, LPNs, CNAs and therapists to home health agencies and hospitals on 24 hours notice.
All credentials verified. No placement fee for the first 30 days. Request rates: 800-555-0167
Reply STOP to this number to opt out of further faxes.
""",
    ),
    (
        "seo-and-website",
        ("marketing",),
        """\
Dear Practice Manager,
Are patients finding you on Google? Most practices lose 40% of new patient calls to competitors with better reviews.
We build medical websites from $99 monthly. Get your complimentary online audit.
See results in 90 days or your money back.
""",
    ),
    (
        "cbc-result",
        ("lab_result",),
        """\
Meridian Diagnostics            CLIA# 36D1111111
Patient: OKAFOR, RUTH    DOB 02/11/1949   Sex F
Ordering Physician: Hal Brandt MD    NPI 1234567893
Drawn 11/18/2026 07:40   Reported 11/18/2026 15:22
TEST            RESULT   FLAG   REF INTERVAL
WBC             11.9     H      4.0-11.0
RBC             4.10            3.8-5.1
HGB             10.2     L      11.7-15.5
HCT             31.4     L      35-45
PLT             288             140-400
GLUCOSE         212      H      65-99
""",
    ),
    (
        "culture",
        ("lab_result",),
        """\
MICROBIOLOGY
Source: wound, left heel     Status: FINAL
Patient Luis Ferrante  DOB 6/2/1958  MRN 44712
Gram stain: many WBC, moderate gram positive cocci
Culture: heavy growth of Staphylococcus aureus (MRSA)
Susceptibility: vancomycin S <=1, clindamycin R, trimethoprim/sulfa S, daptomycin S 0.5
Physician: Dr. A. Renner
""",
    ),
    (
        "a1c",
        ("lab_result",),
        """\
RESULTS TO: Elm Family Practice
RE: Gina Trask, 8/3/1961
HEMOGLOBIN A1c  8.4 %   (ref 4.8 - 5.6)   HIGH
eGFR 58 mL/min/1.73   LDL cholesterol 131 mg/dL   TSH 2.1 uIU/mL
Verified by: technologist KM   Report printed 11/19/26
""",
    ),
    (
        "chest-xray",
        ("lab_result", "other"),
        """\
RADIOLOGY REPORT
Exam: XR CHEST 2 VIEWS     Exam date: 11/10/2026
Patient: Earl Whitcomb   DOB: 09/30/1944
Indication: COPD, shortness of breath
Findings: The lungs are hyperinflated. No focal consolidation, effusion or pneumothorax. Heart size normal.
Impression: Emphysematous change, no acute cardiopulmonary process.
Dictated and electronically signed by P. Nolan, MD
""",
    ),
    (
        "overnight-oximetry",
        ("lab_result", "other"),
        """\
OVERNIGHT OXIMETRY REPORT
Patient: Moira Kessel   DOB 12/01/1950   Test on room air 11/12/2026
Total recording time 7:42   Mean SpO2 90.1%   Lowest SpO2 79%
Time at or below 88%: 64.5 min   Desaturation events per hour 14.2
Interpreting physician: J. Obermann, MD
""",
    ),
    (
        "attorney",
        ("records_request",),
        """\
LAW OFFICES OF PRITCHARD & VANN
RE: Our client: Dolores Amaya, date of birth 5/14/1957, date of injury 8/2/2026
Please provide a complete copy of our client's chart including office notes, imaging, billing ledger and
correspondence from 8/2/2026 to present. A signed HIPAA compliant release is attached. Kindly send an invoice
for your copy charges. Time is of the essence.
""",
    ),
    (
        "auditor",
        ("records_request",),
        """\
ADDITIONAL DOCUMENTATION REQUEST
Medicare Review Contractor   Case ID 88213007
We are conducting a post-payment review of the claim listed below. Submit the following within 45 days:
- Detailed written order   - Proof of delivery   - Face-to-face evaluation   - Medical records supporting necessity
Beneficiary: Harold Fenn   HCPCS E1390   Date of service 04/02/2026
Failure to respond will result in recoupment.
""",
    ),
    (
        "chart-retrieval",
        ("records_request",),
        """\
HEDIS / Risk Adjustment Medical Record Retrieval
Dear Provider: On behalf of your patient's health plan we ask for the records of the members on the attached list,
dates of service 1/1/2025 to 12/31/2025. You may upload through our secure site, fax to 866-555-0113 or schedule an
on-site copy service visit. Member authorization is not required under 45 CFR 164.506.
""",
    ),
    (
        "disability-office",
        ("records_request",),
        """\
STATE DISABILITY DETERMINATION SERVICES
Claimant: Raymond Yoder   DOB 03/09/1970   Case no. D4471
The person named above has applied for benefits. We need copies of treatment notes, test results and discharge
summaries for the last 12 months. Enclosed: signed authorization to disclose information. Please reply within 15 days.
""",
    ),
    (
        "continuity-of-care",
        ("records_request",),
        """\
Kestrel Pulmonary Associates
Patient Selma Aldous, DOB 7/22/1952, will be seen here on 12/3. Could you please fax us her last sleep study,
download and the most recent progress notes? Fax 555-0161. Thanks, Tonya (medical records)
""",
    ),
    (
        "denial",
        ("other",),
        """\
NOTICE OF ADVERSE DETERMINATION
Member: Ida Lowell   Member ID W98112345   Reference 2026-118821
Requested service: E0260 hospital bed, semi-electric
After review by our medical director, we are unable to approve this request because the clinical information does not
meet our criteria. You have the right to an appeal within 60 days. The provider may request a peer-to-peer discussion.
""",
    ),
    (
        "approval-letter",
        ("other",),
        """\
AUTHORIZATION APPROVED
Member: Ida Lowell   Member ID W98112345   Authorization number A00918273
Service: home infusion, S9500   Units approved: 14   Valid 11/20/2026 through 12/04/2026
This is not a guarantee of payment. Payment depends on eligibility at the time of service.
""",
    ),
    (
        "pa-criteria-form",
        ("other",),
        """\
PRIOR AUTHORIZATION REQUEST - CONTINUOUS GLUCOSE MONITOR
Your request cannot be processed without the following. Please complete all fields and fax back.
Member name: ________ Member ID: ________ DOB: ________
Prescriber: ________ NPI: ________ Fax: ________
HCPCS: ________ Diagnosis code: ________
1. Does the member use insulin? Yes No   2. Was there a visit within 6 months? Yes No
Provider signature: ____________ Date: ________
""",
    ),
    (
        "eob",
        ("other", "wrong_recipient"),
        """\
EXPLANATION OF BENEFITS - THIS IS NOT A BILL
Subscriber: Pauline Drake   Group 77120   Claim 2026310557
Date      Procedure   Billed     Allowed    Plan paid   You may owe
10/02/26  E0601       1,150.00   612.40     489.92      122.48
10/02/26  A7034       148.00     70.11      56.09       14.02
Amount applied to deductible $0.00. Questions? Call member services.
""",
    ),
    (
        "remittance",
        ("other", "wrong_recipient"),
        """\
REMITTANCE ADVICE
Payer: Buckeye Mutual   Payee NPI 1234567893   Check/EFT 0091827   Date 11/16/2026
HCPCS E1390 RR  charged 275.00 allowed 111.23 adj CO-45 163.77 paid 88.98
HCPCS E0431 RR  charged 90.00 allowed 28.02 adj CO-45 61.98 paid 22.42
""",
    ),
    (
        "patient-statement",
        ("other", "wrong_recipient"),
        """\
STATEMENT
Account 558812   Statement date 11/15/2026   Due upon receipt
Responsible party: Conrad Beale
09/12 Office visit 185.00   09/30 Insurance payment -120.15   09/30 Adjustment -34.85   Your balance 30.00
Pay online, by phone or return the bottom portion with your check. Thank you.
""",
    ),
    (
        "refill-request",
        ("other",),
        """\
REFILL REQUEST                       Corner Drug #114
To: Dr. Hal Brandt      Fax 614-555-0131
Patient: Wanda Pruett   DOB 04/19/1953
Rx 7719203   Lisinopril 20 mg tablet   Qty 90   Sig: take 1 tablet by mouth daily   Last filled 08/20/2026
[ ] Refill as is   [ ] Change to: ________   [ ] Deny, patient needs appointment
Prescriber signature ____________   Refills ____
""",
    ),
    (
        "appointment",
        ("other", "wrong_recipient"),
        """\
Friendly reminder: Mr. Otto Harms has a visit with Cardiology on Tuesday 12/01/2026 at 9:40 AM.
Please arrive 15 minutes early and bring your insurance card and a list of your medicines.
To cancel or change the time, phone us at least a day ahead. Suite 210, parking in garage B.
""",
    ),
    (
        "invoice",
        ("wrong_recipient", "other"),
        """\
Tri-County Shredding LLC
INVOICE 10432      Terms: due in 15 days
On-site document destruction, 3 consoles     $135.00
Fuel charge                                  $11.50
TOTAL                                        $146.50
Please mail checks to PO Box 881
""",
    ),
    (
        "dental",
        ("wrong_recipient",),
        """\
Fax to: Dr. Sayre's office, Smile Center
We are referring Kimmy Roth for removal of wisdom teeth. Bitewings and panorex were taken 10/28.
Please let us know when she is scheduled. She takes no medicines. Family Dentistry of Hilliard
""",
    ),
    (
        "landlord",
        ("wrong_recipient",),
        """\
TO: Parkview Property Management
Tenant application enclosed for unit 4C. Pay stubs and rental history are on the next pages.
We hope to move in by the first of the month. Deposit check follows by mail. - The Garrisons
""",
    ),
    (
        "school",
        ("wrong_recipient",),
        """\
To the front office, Lincoln Elementary
Enclosed please find the immunization form and the physical for Mateo so that he can play basketball.
He will be riding bus 12 starting Monday. Thanks, his mom
""",
    ),
    (
        "truck-parts",
        ("wrong_recipient",),
        """\
Quote request - attention parts counter
Need price and availability: 2 ea brake chambers type 30/30, 1 ea alternator 160 amp, 4 ea mud flaps
Ship to Yard 3, PO 5521. Confirm by fax to dispatch.
""",
    ),
    (
        "vet",
        ("wrong_recipient",),
        """\
Riverbend Veterinary Clinic
Patient: Biscuit (canine, neutered male, 9 yr)   Owner: P. Lindqvist
Please see attached bloodwork. We would like your opinion about the heart murmur before his dental cleaning.
""",
    ),
    (
        "cover-alone",
        ("other",),
        """\
FACSIMILE
TO: Intake      FROM: Good Shepherd Hospital 4 West
PAGES: 6        RE: pt referral
The documents accompanying this transmission contain confidential health information that is legally privileged.
If you are not the intended recipient please notify the sender immediately and arrange for their return.
""",
    ),
    (
        "discharge-summary",
        ("other",),
        """\
DISCHARGE SUMMARY
Patient: Hugh Paxton   DOB 10/10/1947   Admitted 11/09/2026   Discharged 11/14/2026
Attending: M. Sorrell, MD
Hospital course: The patient was treated for an exacerbation of COPD with steroids, nebulizers and oxygen at 2 L.
He walked 150 feet with a walker. Physical therapy recommended home health.
Discharge medications: prednisone taper, tiotropium, albuterol. Follow up with pulmonology in two weeks.
""",
    ),
    (
        "progress-note",
        ("other",),
        """\
OFFICE VISIT 11/05/2026
Subjective: 74 y/o woman here for follow up of heart failure, uses oxygen at night, sleeps in a recliner.
Objective: BP 132/70, pulse 78, SpO2 91% on room air. Lungs with basal crackles, 1+ edema.
Assessment: CHF, chronic. Plan: continue furosemide, daily weights, return in three months. Signed Anne Tobler NP
""",
    ),
    (
        "delivery-ticket",
        ("other",),
        """\
DELIVERY TICKET / PROOF OF DELIVERY
Customer: Ned Ostrander    Delivered 11/12/2026 by truck 7
1  E1390  Oxygen concentrator  S/N 88120331
1  E0431  Portable gaseous system
Received in good condition. Customer signature: N. Ostrander    I have been instructed in the use of the equipment.
""",
    ),
    (
        "eligibility",
        ("other",),
        """\
ELIGIBILITY VERIFICATION
Subscriber: Carla Munn    ID 7H22A91    Plan: Choice PPO    Coverage active since 01/01/2026
DME benefit: 80% after deductible. Deductible 1,500, met 1,500. Home health visits: 60 a year, used 12.
Benefits quoted are no guarantee of payment.
""",
    ),
    (
        "recall",
        ("other", "marketing"),
        """\
URGENT MEDICAL DEVICE RECALL NOTICE
Affected: certain ventilators and CPAP devices made before April 2021
Sound abatement foam may degrade. Stop distribution, quarantine remaining stock and return the response form.
Serial numbers affected are listed on page 2.
""",
    ),
    (
        "job-applicant",
        ("wrong_recipient", "other"),
        """\
Dear Hiring Manager,
I am applying for the position of delivery technician. I hold a clean CDL and have six years of experience in
home medical equipment delivery and set up. References on request. My resume is attached.
""",
    ),
    (
        "death-notice",
        ("other",),
        """\
Please be advised that our patient Milton Graves, DOB 1/30/1938, passed away on 11/15/2026.
Please arrange pick up of the hospital bed and the concentrator from the home. Contact his daughter at 555-0119.
Sincere thanks for the care you gave. Tri-Valley Hospice
""",
    ),
    (
        "infusion-chain-ad",
        ("marketing",),
        """\
Partner with a home infusion pharmacy that answers the phone
TPN, IVIG, antibiotics, inotropes - nurses available seven days
Average time from discharge call to first dose: under 6 hours
Ask about our hospital liaison program. We are in network with more than 200 plans.
Meet Jenna, your local representative, 330-555-0109
""",
    ),
    (
        "medical-billing",
        ("marketing",),
        """\
Tired of unpaid claims?
ClearPath collects 12% more for practices like yours.
Book a 15 minute call and receive a free denial report worth $500.
Fax back this page with your name: ______ Phone: ______
Not interested? Write REMOVE and fax to 888-555-0175
""",
    ),
    (
        "vendor-pricelist",
        ("marketing",),
        """\
WINTER CLEARANCE - dealers only
K0001 standard wheelchair 18in ........ $109.00
E0143 folding walker 5in wheels ....... $31.50
E0163 bedside commode ................. $38.25
E0570 nebulizer compressor ............ $24.90
Prices good through 12/31/26. Net 30 to approved accounts. Freight prepaid over $750.
""",
    ),
    (
        "open-house",
        ("marketing", "other"),
        """\
OPEN HOUSE
Tour the newly renovated rehabilitation wing at Glen Manor, Wednesday 4 to 6 pm
Refreshments, door prizes, blood pressure checks
Private rooms available now for short stay patients. Call admissions 555-0164
""",
    ),
    (
        "cme",
        ("marketing", "other"),
        """\
Grand Rounds December schedule - 1.0 AMA PRA Category 1 credit
12/3 Advances in heart failure   12/10 Home ventilation   12/17 Sleep apnea update
Live in the auditorium and by video. No fee for medical staff. Sign in by 7:55 AM.
""",
    ),
    (
        "lipid-panel",
        ("lab_result",),
        """\
LabNorth   Patient Report
Pt: FROST, EDNA   DOB: 1/5/1947   Ordered by: QUIST, N
Lipid panel        Value    Range
Cholesterol, total 211 H    <200
Triglycerides      148      <150
HDL                47       >39
Comprehensive metabolic panel: sodium 139, potassium 4.4, chloride 102, CO2 25, ALT 21
""",
    ),
    (
        "inr",
        ("lab_result",),
        """\
PT/INR
Collected 11/20/26 0815  Resulted 11/20/26 1010
INR 3.4 (therapeutic 2.0-3.0) *ABNORMAL*
Patient: Lowe, Hector   03/03/1942   Please call office with dose change
""",
    ),
    (
        "echo",
        ("lab_result", "other"),
        """\
TRANSTHORACIC ECHOCARDIOGRAM
Name: Vida Rourke  Born 2/2/1939  Study date 11/09/2026
LV ejection fraction 30-35%. Moderate mitral regurgitation. RVSP 48 mmHg.
Conclusions: reduced systolic function, dilated left atrium. Read by T. Lasko MD
""",
    ),
    (
        "insurer-wants-notes",
        ("records_request",),
        """\
Special Investigations Unit
Please furnish legible copies of the entire patient file for the 15 dates of service listed on the enclosure,
including orders, delivery slips, and invoices, no later than 12/15/2026. Original records should not be sent.
""",
    ),
    (
        "patient-wants-own",
        ("records_request",),
        """\
Authorization for use and disclosure of protected health information
I, Ellen Sharpe (DOB 4/4/1960), request that you send my medical records from 2024 to now to Dr. Wolf's office.
Information to be released: [x] clinic notes [x] test results [ ] billing. This permission ends in one year.
Signed Ellen Sharpe 11/18/2026
""",
    ),
    (
        "new-pcp",
        ("records_request",),
        """\
We are the new primary care office of Mr. Dean Kohl, 6/16/1955. Kindly forward his problem list, immunizations,
last two visit notes and any specialist letters. Our fax is 740-555-0158. Thank you - front desk
""",
    ),
    (
        "unum-like",
        ("records_request", "other"),
        """\
ATTENDING PHYSICIAN STATEMENT NEEDED
Your patient Rita Gould filed a claim for short term disability. Complete the attached statement and attach
chart notes for the period 9/1/26 - present. Return within ten business days to avoid delay of benefits.
""",
    ),
    (
        "denied-cpap",
        ("other",),
        """\
Re: Coverage decision for Alan Petty, ID 00291-88
We reviewed the request for E0601, CPAP device, received 11/02/2026. We cannot cover this item. Reason: the sleep
study that was sent is older than 12 months. If you disagree, you or your provider may ask for a reconsideration.
""",
    ),
    (
        "auth-pending",
        ("other",),
        """\
Status of authorization request 7731009: PENDED
Member Joyce Nix. Home health, skilled nursing, 12 visits. More clinical information is required: OASIS, last visit
note, signed plan of care. Send by 11/25 or the request will be closed.
""",
    ),
    (
        "explanation-2",
        ("other", "wrong_recipient"),
        """\
Summary of benefits paid, this is no bill
Patient Lou Hall   Provider Harbor Medical   Service dates 10/01/26-10/31/26
E1390 charge $198.00 plan discount $90.12 paid by plan $86.30 patient share $21.58
""",
    ),
    (
        "pharmacy-clarify",
        ("other",),
        """\
Prescription clarification - Main St Pharmacy
Dr. Reeve, insurance will not pay for Trelegy for patient Nina Bloom 5/9/1950. Preferred: Breztri.
OK to change? [ ] yes [ ] no, start PA    Initials ____
""",
    ),
    (
        "refill2",
        ("other",),
        """\
Patient Norm Teller (9/9/44) has requested a refill of:
Metoprolol succinate ER 50 mg, 90 tabs, take one daily. Last picked up 8/21/26
Please authorize: # of refills ___  Prescriber's signature _______
""",
    ),
    (
        "appt2",
        ("other", "wrong_recipient"),
        """\
Your patient Greta Holm did not keep her visit with Dr. Ames on 11/18.
We have made another for January 5 at 1:15 PM. Please let her know and call us if that will not do.
""",
    ),
    (
        "statement2",
        ("other", "wrong_recipient"),
        """\
ACCOUNT SUMMARY
Previous balance 210.00   Payments 0.00   New charges 55.00   Past due 210.00
Your account is 60 days late. Pay now to avoid collections. Patient no. 771-20, Westside Imaging
""",
    ),
    (
        "fax-loop-bank",
        ("wrong_recipient",),
        """\
Attn: loan servicing
Re: payoff for 1420 Garland Ave, borrower Pike
Please send the figures good through December 5 and per diem interest. Buyer's attorney needs them by noon.
""",
    ),
    (
        "soccer",
        ("wrong_recipient",),
        """\
Hi Coach, here is the roster for Saturday: 14 boys, jersey sizes on the back.
Field 3 at 9:30. We still need the waiver for the Dunn twins. See you there!
""",
    ),
    (
        "hvac",
        ("wrong_recipient",),
        """\
ESTIMATE  Heating and cooling
Replace furnace 80k BTU, new thermostat, permit and labor. Good for 30 days. Sign here to accept the proposal.
""",
    ),
    (
        "eye-glasses",
        ("wrong_recipient",),
        """\
To: Vision Lab order desk
Job 3312: OD -2.25 -0.50 x 180, OS -1.75, PD 62, frame 52 black, anti reflective. Rush please, patient leaving Friday.
""",
    ),
    (
        "jury",
        ("wrong_recipient", "other"),
        """\
County Clerk - Jury Commissioner
Employer's certificate: please confirm that your employee J. Reyes was absent for jury duty November 9 to 12.
""",
    ),
    (
        "face-sheet",
        ("other",),
        """\
FACE SHEET
Patient: Wallace Drum   DOB 3/12/1945   MRN 661029   Admit 11/15/26 2N-214
Guarantor: self   Emergency contact: Jean Drum (wife) 555-0136
Primary: Medicare A/B 1EG4TE5MK73   Secondary: Mutual of Ohio   Attending: K. Bose MD   Admit dx: syncope
""",
    ),
    (
        "h-and-p",
        ("other",),
        """\
HISTORY AND PHYSICAL
CC: fall at home. HPI: 81 yo female slipped in the bathroom, pain in left hip. PMH: HTN, osteoporosis.
Meds: lisinopril, calcium. Exam: shortened and rotated leg. A/P: hip fracture, ortho consult, PT when cleared.
""",
    ),
    (
        "med-list",
        ("other",),
        """\
MEDICATION ADMINISTRATION RECORD
Wilbur Stack  DOB 8/8/1938  Room 12
0800 furosemide 40 mg PO given KL   0800 metformin 500 mg PO given KL
1200 vancomycin 1 g IV given RT     2000 atorvastatin 20 mg PO given BV
""",
    ),
    (
        "visit-note-hh",
        ("other",),
        """\
SKILLED NURSING VISIT NOTE 11/17/2026
Time in 10:05 out 10:50. BP 128/74 P 72 T 98.1. Wound left heel 2.0 x 1.5 cm, cleansed, foam applied.
Patient tolerated well. Next visit 11/20. Signature of patient: ____  RN: B. Kell
""",
    ),
    (
        "bounced",
        ("other",),
        """\
WE RETURNED YOUR CLAIM
Claim 30021 for J. Lutz could not be processed: missing or invalid modifier for K0823. Correct and resubmit within the
timely filing limit. Do not send this as an appeal.
""",
    ),
    (
        "cath-salesman",
        ("marketing",),
        """\
Hello from UroDirect!
Our closed system catheters lower infection rates. Samples shipped free to your clinic this week.
Medicare reimburses A4353 and we handle all the paperwork. Reply YES for a kit or phone Dana at 800-555-0151.
""",
    ),
    (
        "hospice-brochure",
        ("marketing", "other"),
        """\
Autumn Leaf Hospice - when comfort matters most
Nurses on call day and night. Volunteers, music therapy, bereavement groups. Covered by Medicare and Medicaid.
Visit us or call for an information packet. Referrals accepted 24 hours a day: 555-0133
""",
    ),
    (
        "emr-vendor",
        ("marketing",),
        """\
Upgrade your EHR before year end and get 3 months on us.
Built for wound clinics. E-prescribing included. See it live: book your demo at 614-555-0148.
""",
    ),
    (
        "insurance-seminar",
        ("marketing", "other"),
        """\
Medicare changes for 2027: a breakfast briefing for office staff
Wednesday 8 am, Hampton conference room. Seats are limited, please reply by Friday. Bagels and coffee provided.
""",
    ),
    (
        "bmp",
        ("lab_result",),
        """\
BASIC METABOLIC PANEL
Patient  PARR, SIMON   DOB 11/2/1951   Coll. 11/19/2026 06:10
NA 137  K 5.4 H  CL 101  CO2 24  BUN 31 H  CREAT 1.52 H  GLU 188 H  CA 9.1
Critical values called to: none
""",
    ),
    (
        "sleep-study",
        ("lab_result", "other"),
        """\
NOCTURNAL POLYSOMNOGRAM
Name Gil Estes   DOB 8/30/1963   Study 11/05/2026
AHI 28.4/hr, supine AHI 41, nadir saturation 78%, arousal index 30
Impression: moderate to severe obstructive sleep apnea. Recommend titration. Rosa Finn MD
""",
    ),
    (
        "biopsy",
        ("lab_result",),
        """\
SURGICAL PATHOLOGY
Specimen: skin, left temple, shave. Gross: tan fragment 0.6 cm. Diagnosis: basal cell carcinoma, nodular, margins involved.
Patient: Ada Worth  DOB 5/5/1945   Accession S26-11822
""",
    ),
    (
        "va-request",
        ("records_request",),
        """\
Veterans claims office
We need the private treatment records of the veteran named below to decide his claim. Form 21-4142 is enclosed.
Leroy Stamps, DOB 2/2/1948. Please send everything from 2019 on to the address above, no charge is paid.
""",
    ),
    (
        "life-insurer",
        ("records_request",),
        """\
APS request - order 88120
Applicant: Fay Dorn  DOB 6/6/1966. Please copy the last five years of chart including labs and consults.
Fee limit $50 without approval. Signed HIPAA form attached. Fax pages to 888-555-0126
""",
    ),
    (
        "audit-rac",
        ("records_request",),
        """\
Recovery auditor letter. Claims for K0823 power wheelchairs were selected. Please return the supporting documents:
physician notes, order, delivery receipt, home assessment. You have 45 calendar days.
""",
    ),
    (
        "den-hh",
        ("other",),
        """\
Home health services: decision
Dear Ms. Orr, we will stop paying for skilled nursing after 11/30/2026 because you no longer meet the rules.
You can ask for a fast appeal by calling the quality improvement organization.
""",
    ),
    (
        "auth-ok",
        ("other",),
        """\
APPROVED - reference 7002918  Member Zed Lowe 3/8/1950
J1569 immune globulin, 12 units, home, 11/20/26 - 05/19/27. Provider must verify eligibility on each date.
""",
    ),
    (
        "step",
        ("other",),
        """\
Drug coverage: Dupixent for Kyle Amos needs prior authorization. Fill in the enclosed criteria sheet.
Has the patient tried a topical steroid? Y N   Prescriber sign here
""",
    ),
    (
        "eob3",
        ("other", "wrong_recipient"),
        """\
YOUR CLAIM SUMMARY   Ben Crowe   ID 44910
Provider: Harbor Oxygen   Amount charged 412.00   Our price 188.20   We paid 150.56   You pay 37.64
""",
    ),
    (
        "refill3",
        ("other",),
        """\
Pharmacy fax: Ada Finch 1/9/1948 out of refills
warfarin 5 mg tab #30 take as directed. Please reply: approve ___ refills / deny / call us
""",
    ),
    (
        "appt3",
        ("other", "wrong_recipient"),
        """\
Reminder from Lake Eye Center. Mr. Tom Ives: cataract check, Monday Dec 7, 2:20 pm with Dr. Poe. Eyes will be dilated, bring a driver.
""",
    ),
    (
        "bill3",
        ("wrong_recipient", "other"),
        """\
City Water Department   Service address 12 Canal   Usage 4,100 gal   Current charges $61.22   Due 12/10   Autopay is off
""",
    ),
    (
        "truck",
        ("wrong_recipient",),
        """\
Load confirmation 55120: pick up Toledo 0700, 22 pallets tile, deliver Gary IN by 1500. Rate 1150 flat. Driver must call for gate code.
""",
    ),
    (
        "catering",
        ("wrong_recipient",),
        """\
Holiday party order for Mr. Banks: 40 chicken dinners, 2 trays lasagna, salad, cake. Deliver to the lodge at 5. Paid by check.
""",
    ),
    (
        "osteo-note",
        ("other",),
        """\
Telephone encounter 11/18/26. Pt's daughter called: concentrator alarm beeping. Advised to call supplier. Patient Mae Orr 4/4/1939. T. Wu LPN
""",
    ),
    (
        "discharge-instr",
        ("other",),
        """\
AFTER VISIT INSTRUCTIONS for Leo Hart, 7/7/1955
Keep the wound dry. Use your walker. Take antibiotics until gone. Call if fever over 101. See Dr. Ames in 1 week.
""",
    ),
)

ORDERS: tuple[Paper, ...] = (
    (
        "walker-rx",
        ("dme_order",),
        """\
Hilltop Internal Medicine   Phone 614-555-0102   Fax 614-555-0103
Name: Agnes Doyle      DOB 3/3/1939     Date 11/17/2026
Rx
Front wheeled walker E0143  #1
Dx: R26.81 unsteadiness
Length of need 99
Sig ___Neil Haas MD___   NPI 1234567893
""",
    ),
    (
        "oxygen-cmn-like",
        ("dme_order",),
        """\
HOME OXYGEN THERAPY ORDER
Patient: Burton Eames  DOB: 6/9/1946   Insurance: Medicare   MBI: 1EG4-TE5-MK73
Test results: SpO2 86% room air at rest on 11/15/2026
Stationary concentrator (E1390) 2 LPM continuous via nasal cannula; portable system (E0431)
Diagnosis J44.9, J96.11. Estimated length of need: lifetime
Treating practitioner: Joy Lindahl, DO  NPI 1234567893   Signature on file 11/16/2026
""",
    ),
    (
        "sleep-therapy",
        ("dme_order",),
        """\
Please set up the following patient on auto PAP 5-15 cm H2O with heated humidifier and mask of choice.
Walter Brice, born 1/20/1968, 44 Birch Ln, Galena OH 43021, phone 740-555-0177
AHI 31, G47.33. E0601, E0562, A7034, A7035, A7037. Replace supplies per payer schedule.
Ordered by: S. Okada MD (sleep medicine) 11/12/2026
""",
    ),
    (
        "hospital-bed-letter",
        ("dme_order",),
        """\
To whom it may concern,
Mrs. Lena Farrow (DOB 08/14/1936) is my patient. Because of congestive heart failure she must sleep with her head
raised more than 30 degrees. I am prescribing a semi-electric hospital bed with half rails and a gel overlay for her
home at 9 Quarry St, Newark, OH 43055. She is insured by Humana, ID H55102938.
Yours truly, Peter Aldrin, M.D., NPI 1234567893, November 13, 2026
""",
    ),
    (
        "wound-supplies",
        ("dme_order",),
        """\
WOUND CARE SUPPLY REQUEST
Pt Carlos Medina DOB 2-2-1955  Wound: sacrum, stage 3, 4.1 x 3.0 x 0.8 cm, moderate drainage
Dispense per 30 days: A6196 alginate 30 ea, A6212 foam with border 15 ea, A4452 tape 2 rolls
Change every other day x 60 days.  ICD L89.153
Prescriber Nora Quist NP  NPI 1234567893   signed 11/10/26
""",
    ),
    (
        "incontinence-and-ostomy",
        ("dme_order",),
        """\
DISPENSING ORDER - OSTOMY
Client Rhea Solis, birthdate 05/05/1960, Member # 90112783
Two-piece pouch A5063 x 20/mo, skin barrier A4414 x 10/mo, paste A4406 x 2/mo, refill 11 times
Dx Z93.3 colostomy status
Physician signature: Dr. Amir Nader   Date: 11/09/2026
""",
    ),
    (
        "wheelchair",
        ("dme_order",),
        """\
Mobility prescription
Beneficiary name: Frances Tully   Date of birth 12/24/1944
Item: lightweight manual wheelchair K0003 with elevating leg rests K0195, 18 inch seat
She cannot walk from bed to bathroom; the wheelchair will be used daily in the home. ICD-10 G20.A1
Practitioner: Wes Madsen PA-C  NPI 1234567893  Date of order 11/18/2026
""",
    ),
    (
        "nebulizer-epic",
        ("dme_order",),
        """\
Order: DME Nebulizer
Order ID 55810293   Status: Signed   Priority: Routine
Patient Vera Stamm   Sex F   DOB 4/30/1952   MRN 7719283
Authorizing provider: Lyle Hobart, MD (NPI 1234567893)   Ordered on 11/14/26 1032
Associated diagnoses: COPD exacerbation [J44.1]
Quantity: 1 each   E0570 NEBULIZER WITH COMPRESSOR   Refills: 0
""",
    ),
    (
        "tens-and-brace",
        ("dme_order",),
        """\
Ortho & Spine Center  - Orthotics order
Patient Dale Hickam  dob 07/17/1971  Carrier: Aetna  Policy W441829301
Hinged knee brace L1833 right, size M, qty 1
Diagnosis M17.11. Patient was fitted in clinic. Wear when walking.
Prescribing provider: G. Ito, MD      Date 11/16/2026
""",
    ),
    (
        "commode-bath",
        ("dme_order",),
        """\
DISCHARGE EQUIPMENT NEEDS - deliver to room 412 before 3 pm 11/20
Patient: Otis Rayburn, 10/02/1950, home: 118 Fig Ave, Lima, OH 45801
3-in-1 commode (E0163), rolling walker (E0143), tub transfer bench (E0247)
s/p right total hip Z96.641   Attending: Fay Monroe MD NPI 1234567893 (e-signed 11/19/2026 08:12)
""",
    ),
    (
        "cgm",
        ("dme_order",),
        """\
Diabetes supplies order form
Name Iris Conway   DOB 01/11/1966   Type 1 on insulin pump, E10.9
Dispense: CGM sensors A4239 monthly supply, receiver E2103 x1, duration 12 months
Prescriber attestation: the patient was seen on 10/30/2026. Sign: Dr. Mel Trask  NPI 1234567893
""",
    ),
    (
        "enteral",
        ("dme_order",),
        """\
ENTERAL NUTRITION PRESCRIPTION
Pt: Lionel Graff   DOB 9/9/1958   G-tube, Z93.1, R13.10
Formula: 1.5 cal, 1500 mL a day by pump  B4152, B9002, B4035 feeding kit daily
Months needed: 12      Physician: Ada Renwick MD   Date: 11/11/2026
""",
    ),
    (
        "npwt",
        ("dme_order",),
        """\
NEGATIVE PRESSURE WOUND THERAPY ORDER
Patient name Bea Corliss / Birth 3-15-1949 / Plan: UnitedHealthcare ID 918273645
E2402 pump, A6550 dressing sets 15 per month, A7000 canisters 10. -125 mmHg continuous, change M/W/F
Dx T81.31XA. Start date 11/21/2026. Order by Saul Petrov DPM NPI 1234567893
""",
    ),
    (
        "verbal-order-memo",
        ("dme_order",),
        """\
Telephone order taken 11/18/2026 from Dr. Rose Castell (NPI 1234567893) by K. Moss RN
For: Theo Lang, d.o.b. 8/8/1940
Change oxygen to 3 liters per minute with activity, add conserving device and 6 E cylinders a month E0431
Read back and verified. Physician to sign and return by fax.
""",
    ),
    (
        "hh-referral",
        ("home_health_referral",),
        """\
HOME HEALTH REFERRAL
Patient: Della Marsh DOB 11/29/1941 Address 30 Elm Ct, Xenia, OH 45385  Ph 937-555-0114
Insurance Medicare 1EG4-TE5-MK73
SN eval and treat, PT eval and treat, HHA 2x week for bathing
Dx: I50.22, M62.81. F2F encounter 11/12/2026. Homebound: taxing effort, needs walker.
MD following plan of care: Conrad Voss, NPI 1234567893
""",
    ),
    (
        "hospital-case-manager",
        ("home_health_referral",),
        """\
Hi team, new home care start for this gentleman please.
Marvin Tate, 02/14/1943, going home 11/21 to 601 Lake Rd, Avon, OH 44011 (daughter Jill 440-555-0136)
Needs nursing for wound checks three times weekly and therapy for gait. L89.623.
Anthem Medicare Advantage, member number XQK881M22901.
Dr. Lucia Ferro will sign orders, NPI 1234567893. Please confirm acceptance and SOC date. Amy, RN CM
""",
    ),
    (
        "therapy-only",
        ("home_health_referral",),
        """\
ORDERS FOR HOME PHYSICAL AND OCCUPATIONAL THERAPY
Client: Sandra Pell   DOB: 6/30/1951   Dx Z47.1 aftercare following left knee replacement
PT 3w3, 2w2: gait training, strengthening, stairs.  OT 1w2 for ADLs
Begin within 48 hours of discharge on 11/22/2026
Surgeon: Bram Kuyper MD  sig. 11/19/2026
""",
    ),
    (
        "cert-485",
        ("home_health_referral",),
        """\
HOME HEALTH CERTIFICATION AND PLAN OF CARE
1. Patient's HI Claim No. 1EG4TE5MK73  2. Start of Care Date 11/18/2026  3. Certification Period 11/18/2026 to 01/16/2027
6. Patient's Name: Yates, Norma   8. Date of Birth 04/04/1937
11. ICD I50.9 Heart failure  14. DME and supplies: walker, scale
21. Orders for Discipline and Treatments: SN 2W4 1W5 assess cardiopulmonary status, teach diet and medicines
24. Physician's name: Irwin Soto MD
""",
    ),
    (
        "resumption-of-care",
        ("home_health_referral",),
        """\
RESUMPTION OF CARE ORDER
Resume home nursing after hospital stay 11/10-11/16. Patient Cora Lundy, DOB 9/1/1948
Skilled nurse 2 times a week for 3 weeks: catheter change monthly, medication teaching. N31.9
Telephone order Dr. Paul Ebner, NPI 1234567893, 11/17/2026
""",
    ),
    (
        "speech-at-home",
        ("home_health_referral",),
        """\
Referral to home care - speech-language pathology
For Gus Oberlin (DOB 12/12/1955) after stroke I63.9 with dysphagia
SLP evaluate swallow, treat 2 x weekly x 4 weeks. MSW visit once.
Ref by: Neurology, Dr. Kim Tran NPI 1234567893. Blue Cross ID YPP771823344
""",
    ),
    (
        "aide-and-nursing",
        ("home_health_referral",),
        """\
Community nursing request
Please admit to home health: Alva Brandt, 07/04/1934, Medicaid 102938475612
RN weekly to fill medication box and check INR; personal care aide twice a week
Diagnosis: I48.91. Ordering: Sue Harlan CNP (NPI 1234567893) 11/13/2026
""",
    ),
    (
        "hospital-to-home-checklist",
        ("home_health_referral",),
        """\
POST-ACUTE SERVICES ORDERED
[x] Home health   [ ] SNF   [ ] Hospice
Disciplines: [x] Nursing [x] PT [ ] OT [ ] ST [x] Aide
Patient: Jonas Kirkby  DOB 5/18/1947  Discharge 11/20/2026
Reason: CHF I50.32, new oxygen, falls. PCP to follow: Dr. Ruth Abel 614-555-0155
Attending signature: Leo Marchetti MD 11/19/2026
""",
    ),
    (
        "infusion-vanc",
        ("infusion_order",),
        """\
HOME INFUSION ORDERS
Patient: Trent Bodie   DOB 10/21/1970   Wt 88 kg   Allergies NKDA
Vancomycin 1250 mg IV q12h x 6 weeks, end 12/30/2026. Line: PICC right arm
Labs weekly CBC, CMP, vanc trough. Dx M86.171
Flush: saline 10 mL before and after, heparin 5 mL
ID physician: Hana Kozak MD NPI 1234567893   11/18/2026
""",
    ),
    (
        "ceftriaxone-letter",
        ("infusion_order",),
        """\
Please arrange outpatient parenteral antibiotic therapy for Mrs. Opal Dunning (6/16/1959).
Ceftriaxone 2 g intravenously once daily through 12/11/2026 for osteomyelitis of the right foot.
Midline placed 11/16. Nursing for dressing change each week. Cigna U2219384 02.
Ordering physician Dr. Glen Ashby, NPI 1234567893
""",
    ),
    (
        "tpn",
        ("infusion_order",),
        """\
PARENTERAL NUTRITION REFERRAL
Pt: Wilma Crane DOB 8/28/1964 short gut K91.2
TPN 2000 mL cycled over 12 hours nightly, lipids three times a week, via tunneled catheter
Start at home 11/23/2026. Weekly labs. Prescriber: Max Thorne MD 11/17/2026 NPI 1234567893
""",
    ),
    (
        "ivig",
        ("infusion_order",),
        """\
IMMUNE GLOBULIN ORDER
Name: Roger Penn   D.O.B. 2/26/1962   Ins: BCBS ID ZGP882910044
Gamunex-C 10% 40 g IV every 4 weeks x 12 months (J1561). Premedicate: acetaminophen 650 mg, diphenhydramine 25 mg
Dx G61.81 CIDP. Anaphylaxis kit per protocol. Neurologist: Ivy Castro MD NPI 1234567893 Date 11/12/26
""",
    ),
    (
        "biologic-suite",
        ("infusion_order",),
        """\
Infliximab prescription and referral form
Patient information: Cleo Varga, 4/4/1985, 330-555-0148
Diagnosis: K50.90 Crohn's disease. Dose 5 mg/kg at weeks 0, 2, 6 and every 8 weeks after (J1745)
Place of treatment: home. Refills x 1 year
Prescriber: Ed Lindgren MD   NPI 1234567893   Signature / date 11/10/2026
""",
    ),
    (
        "iv-iron-fluids",
        ("infusion_order",),
        """\
Orders: home IV hydration
Normal saline 1 L over 4 hours daily x 5 days for hyperemesis O21.1, S9374
Pt Tess Rowan DOB 3/8/1994; access: peripheral, rotate every 72 h
Ondansetron 4 mg IV push every 6 hours as needed. Dr. Uma Patel NPI 1234567893 11/19/2026
""",
    ),
    (
        "milrinone",
        ("infusion_order",),
        """\
Inotrope therapy at home
Patient Ivan Drury, born 1953-10-10. Milrinone 0.375 mcg/kg/min continuous by ambulatory pump via Hickman (J2260, S9348)
I50.22 stage D. RN visit twice a week. Cardiologist: Lola Reyes MD, NPI 1234567893; signed electronically 11/15/2026
""",
    ),
    (
        "ertapenem-pharmacy-form",
        ("infusion_order",),
        """\
SPECIALTY PHARMACY ENROLLMENT / RX
Patient: Kip Stroud   Birth date: 05/23/1977   Ship to: 8 Cove Rd, Erie, PA 16505
Drug: ertapenem  Strength 1 g  Directions: infuse over 30 min every 24 hours  Qty 14 doses  Refills 0
ICD10 N10   Line: PICC, single lumen   First dose given in hospital 11/16
MD signature Rob Vance 11/17/2026   NPI 1234567893
""",
    ),
    (
        "cough-assist",
        ("dme_order",),
        """\
RESPIRATORY EQUIPMENT RX
To: Harbor Respiratory  From: ALS clinic
Pat. name Joan Merrit, DOB 1/31/1959, dx G12.21
Mechanical in-exsufflator E0482 use BID and PRN, settings +40/-40; suction machine E0600
Clinician: Dr. Ben Adair, NPI 1234567893, date 11/13/2026. Medically necessary for life.
""",
    ),
    (
        "pediatric-nebs",
        ("dme_order",),
        """\
Valley Pediatrics ORDER REQUISITION
Child: Noel Ibarra  DOB 2/19/2021  Guardian: Eva Ibarra 419-555-0121   Medicaid ID 771829304455
Compressor nebulizer w/ pediatric mask. ICD-10: J45.40
Qty 1, disposable kits A7003 qty 2 monthly
Provider e-signature: T. Wynn MD 11/18/26
""",
    ),
    (
        "concentrator-memo",
        ("dme_order",),
        """\
From the desk of Dr. Irene Vogt
Kindly furnish Mr. Hal Simms (4/4/1950) with a 5 liter concentrator and portable tanks. He desaturates to 84% walking.
Use 2 L/min continuous. Chronic hypoxic respiratory failure J96.11. Bill Humana H33019922.
Thanks, I. Vogt MD NPI 1234567893, November 16
""",
    ),
    (
        "bipap",
        ("dme_order",),
        """\
Sleep Center device order   BiPAP S (E0470) IPAP 14 EPAP 8
Pt: Gail Noone  DOB 10/10/1969  OSA G47.33, failed CPAP
Heated humidifier, tubing, filters, nasal pillows. Download at 30 days. Provider: L. Yeo DO 11/11/26
""",
    ),
    (
        "wheelchair-cushion",
        ("dme_order",),
        """\
Seating clinic
Client Abe Rusk, born 2/20/1962, T10 paraplegia G82.20, needs: ultralight chair K0005, Roho cushion E2624, anti-tippers
Evaluation by OT J. Farr on 10/29. Physician: Carla Dietz MD  NPI 1234567893  I concur and sign: C. Dietz 11/12/26
""",
    ),
    (
        "catheters",
        ("dme_order",),
        """\
Urology supplies
Name: Edwin Cobb | DOB 7/7/1948 | Medicare 1EG4-TE5-MK73
Intermittent caths 14 Fr coude A4352, 4 per day = 120/mo, lubricant packets A4332
R33.9 retention, permanent. Rx good for 1 yr. Dr. P. Lamb, NPI 1234567893, signed 11/9/2026
""",
    ),
    (
        "breast-pump",
        ("dme_order",),
        """\
OB/GYN Associates Rx: double electric breast pump E0603, 1 each. Mother: Tia Moss DOB 6/1/1995, due 12/20/2026. Dx Z39.1.
Insurance: Medicaid 440129876655. Deliver to home before due date. Ann Rhee CNM NPI 1234567893
""",
    ),
    (
        "lift-chair",
        ("dme_order",),
        """\
Order for seat lift mechanism (E0627)
Mr. Orrin Tate, birth date 9/30/1941, severe knee arthritis M17.0, cannot rise from any chair at home, walks once standing.
Signed by Glen Howe MD, 11/14/2026. NPI 1234567893
""",
    ),
    (
        "stat-discharge",
        ("dme_order",),
        """\
STAT - leaving hospital today 4 PM
Pt June Kerr rm 330 DOB 5/5/1937. Home O2 2L NC qualifying sat 85% RA 11/20. Needs portable to bedside and
concentrator at 77 Oak Ct, Troy OH 45373. Hospitalist Raj Menon MD NPI 1234567893 - T. Pace RN
""",
    ),
    (
        "diabetic-shoes",
        ("dme_order",),
        """\
Statement of certifying physician for therapeutic shoes
Patient Hank Ober DOB 3/3/1953. I certify that he has diabetes E11.42 and neuropathy with callus. I am treating him
under a comprehensive plan. Depth shoes A5500 x2, inserts A5512 x6. Signature Lon Peck MD 11/10/2026 NPI 1234567893
""",
    ),
    (
        "sn-wound",
        ("home_health_referral",),
        """\
Please open to nursing at home
Leona Fitch 12/1/1939, 22 Dale St, Piqua OH 45356, 937-555-0127
Wound vac change MWF, teach daughter. s/p abdominal surgery T81.31XA. Aetna W201993341
Surgeon Dr. Neal Coe NPI 1234567893 will follow. d/c 11/21
""",
    ),
    (
        "snf-to-home",
        ("home_health_referral",),
        """\
Riverside SNF discharge referral
Resident: Otto Fenn DOB 8/2/1940 discharging home 11/24
Requesting agency services: RN, PT, OT, aide. Uses FWW, lives w/ wife, 4 steps to enter
Dx: CVA I63.9, HTN. PCP Dr. Mia Stone 555-0190 NPI 1234567893 agrees to follow. Medicare A 1EG4TE5MK73
""",
    ),
    (
        "psych-nursing",
        ("home_health_referral",),
        """\
Behavioral health home visits: RN 1 x wk for 9 wks for Haldol injection and med set up
Client: Bo Rinaldi (2/14/1971) F20.9 - Medicaid 990182773645. Ordered Sandra Klee PMHNP 11/17/2026
""",
    ),
    (
        "recert",
        ("home_health_referral",),
        """\
RECERTIFICATION ORDER 11/25/2026 - 01/23/2027
Patient: Nell Amory, 1/1/1936. Continue SN 1x/week x 9 weeks for CHF monitoring, PT discharge goals met.
Physician: Dr. E. Brandt. Please sign, date and return: ______________
""",
    ),
    (
        "joint-bundle",
        ("home_health_referral",),
        """\
Total joint pathway
Name Rex Moody  DOB 4/18/1957  surgery 11/19 left TKA Z96.652
In-home PT daily x 5 then 3 per week x 2 weeks; nurse visit day 3 for incision and staples out day 14
Ortho: S. Lund MD NPI 1234567893. UHC 887102938
""",
    ),
    (
        "palliative",
        ("home_health_referral",),
        """\
Home based nursing and social work requested for Mrs. Fern Gable, 3/3/1942, lung cancer C34.90, weak, bed to chair.
Goals: symptom control, caregiver support. Face to face visit 11/16 by me. Tom Adler MD (NPI 1234567893)
""",
    ),
    (
        "cefazolin-dialysis",
        ("infusion_order",),
        """\
ID clinic - outpatient IV orders
Juan Prado 10/30/1966 MSSA bacteremia R78.81. Cefazolin 2 grams IV q8h via elastomeric device until 12/24
PICC placed 11/15, tip confirmed. CBC BMP weekly fax to 555-0142. Pull line at end. Dr. F. Osei NPI 1234567893
""",
    ),
    (
        "lasix-sub",
        ("infusion_order",),
        """\
Furoscix / IV diuretic at home
Pt Dora Quill 7/9/1944 I50.9. Furosemide 80 mg IV daily x 3 days by infusion nurse, BMP day 2. Peripheral IV.
HF clinic NP Lea Marsh, NPI 1234567893, e-signed 11/18/26 14:20
""",
    ),
    (
        "hizentra",
        ("infusion_order",),
        """\
Subcutaneous immunoglobulin
Patient: Ty Brandt   DOB 8/15/1990   CVID D83.9   Hizentra 10 g weekly by pump, 12 refills (J1559)
Nurse to teach self infusion x 3. Anthem YRP66291023. Immunologist Jo Ellery MD  NPI 1234567893   11/13/26
""",
    ),
    (
        "tobra",
        ("infusion_order",),
        """\
CF exacerbation - home IV
Zoe Lang DOB 5/5/2004. Tobramycin 560 mg IV q24h and ceftazidime 2 g IV q8h for 14 days via port. Levels day 3.
Supplies, heparin flushes and nursing included. Start 11/22. Peds pulm: Dr. Ray Kim NPI 1234567893
""",
    ),
    (
        "remicade-bio",
        ("infusion_order",),
        """\
Infusion Rx - Ocrelizumab 600 mg every 6 months (J2350)
MS G35. Name: Alice Thorn 11/2/1981. Premeds methylprednisolone 100 mg. Hep B negative 10/2026.
Neurology: B. Ode MD NPI 1234567893 - signature on file 11/12/2026
""",
    ),
    (
        "hydration-letter",
        ("infusion_order",),
        """\
Dear intake team, Mrs. Pia Roth (4/1/1968) needs a liter of lactated Ringer's IV each evening for two weeks through
her Mediport because of short bowel syndrome K91.2. Nurse weekly for needle change. Dr. Ulf Berg, NPI 1234567893
""",
    ),
    (
        "rollator",
        ("dme_order",),
        """\
Rx  Name Ruby Lott  DOB 9/9/1942
4 wheel rollator with seat and brakes E0143/E0156   Dx R26.89
Lifetime need.    P. Quill NP 11/16/26   NPI 1234567893
""",
    ),
    (
        "o2-fax",
        ("dme_order",),
        """\
Attn DME intake: O2 start for Glenn Pryor 4/1/1945, sat 87% RA walking on 11/18.
2 LPM continuous NC, conc + portable (E1390 E0431). Dx J44.9. Home: 5 Elm, Stow OH 44224 330-555-0127
Anthem YRP8812. T. Moss MD NPI 1234567893
""",
    ),
    (
        "bed-list",
        ("dme_order",),
        """\
Equipment to send home with patient Olga Renn (DOB 10/3/1938): semi electric bed E0260, trapeze E0910, alternating pressure pad E0181
Reason: paraplegia G82.20, cannot reposition. Ordering: Dr. Ed Vance 11/17/2026, NPI 1234567893
""",
    ),
    (
        "cpap-supplies",
        ("dme_order",),
        """\
CPAP supply renewal. Patient Drew Hale 3/5/1961 uses the device nightly.
A7030 mask 1 per 3 mo, A7037 tubing 1 per 3 mo, A7038 filters 2 per mo. G47.33. Refill 12 mo. L. Chan MD NPI 1234567893 signed 11/10/26
""",
    ),
    (
        "hh-wound",
        ("home_health_referral",),
        """\
Please send a nurse to Mrs. Jo Kemp (2/28/1936) 3 x week for leg ulcer care I83.012, Unna boots weekly.
Lives at 40 Hill St, Elyria OH. Seen by me 11/16. Medicare 1EG4TE5MK73. Carl Yost MD NPI 1234567893
""",
    ),
    (
        "hh-therapy2",
        ("home_health_referral",),
        """\
Home therapy orders: PT 2w4, OT 1w3. s/p L hip ORIF S72.001A, WBAT. Name: Len Orth DOB 1/15/1944. Start 11/23.
Dr. Bea Lund NPI 1234567893 agrees to sign the plan.
""",
    ),
    (
        "hh-inr",
        ("home_health_referral",),
        """\
Cardiology requests RN home visits weekly for INR draws and CHF teaching, Vic Stone, born 5/30/1940, I50.22.
Homebound due to dyspnea. Humana H5519. Order by Dr. Ann Poe 11/15/26
""",
    ),
    (
        "iv-dapto",
        ("infusion_order",),
        """\
OPAT: Daptomycin 700 mg q24h IV x 42 days, PICC. CK weekly. Pt Ron Teague 6/12/1958, M86.171, NKDA
Discharge 11/21 to home. Dr. Sy Katz ID, NPI 1234567893
""",
    ),
    (
        "iron",
        ("infusion_order",),
        """\
Iron infusion order: Injectafer 750 mg IV x 2, one week apart (J1439). Dx D50.9. Patient Lia Fox 8/19/1979. Hgb 8.1.
Provider: N. Adair DO NPI 1234567893 11/14/26
""",
    ),
    (
        "entyvio",
        ("infusion_order",),
        """\
Please infuse Entyvio 300 mg at week 0, 2, 6 then q8 weeks at the patient's home. Ulcerative colitis K51.90. Max Dorn DOB 2/22/1990.
Cigna U771. GI: Dr. Lou Park NPI 1234567893
""",
    ),
)
AROUND: tuple[Paper, ...] = tuple(
    p for p in OTHERS if p[0] in {"cover-alone", "discharge-summary", "progress-note", "cbc-result"}
)
"""Papers that may lie around an order."""
