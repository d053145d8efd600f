"""What made-up people are put together from: names, streets, places in every state, and payers with their id forms."""

# ruff: noqa: E501 - plain lists
# fmt: off

from __future__ import annotations

GIVEN = ["Aaliyah", "Aaron", "Abdul", "Ada", "Adaeze", "Adelaide", "Agnes", "Ahmed", "Aiko", "Alan", "Albert", "Alejandra", "Alice", "Alton", "Amara", "Amina", "Anastasia", "Andre", "Angela", "Anh", "Anita", "Annette", "Antoine", "April", "Arjun", "Arlene", "Arturo", "Asha", "Audrey", "Barbara", "Beatriz", "Benjamin", "Bernard", "Bernice", "Betty", "Beulah", "Bo", "Bonnie", "Brandon", "Brenda", "Caleb", "Calvin", "Camille", "Carlos", "Carmen", "Cecilia", "Charlene", "Chen", "Chidi", "Chinonso", "Christopher", "Clarence", "Claudia", "Clyde", "Concepcion", "Connor", "Constance", "Cynthia", "Daisy", "Darnell", "Dat", "David", "Deborah", "Delores", "Denise", "Deshawn", "Diego", "Dimitri", "Dolores", "Dominic", "Donald", "Dorothy", "Duc", "Earl", "Edith", "Edward", "Eileen", "Eleanor", "Elijah", "Elizabeth", "Emeka", "Emilio", "Emma", "Enrique", "Erik", "Ernestine", "Esperanza", "Esther", "Ethel", "Eugene", "Evelyn", "Fatima", "Fay", "Fernando", "Flora", "Florence", "Francisco", "Frank", "Fumiko", "Gail", "Garfield", "Genevieve", "George", "Gerald", "Gertrude", "Giovanni", "Gladys", "Glenn", "Gloria", "Grace", "Guadalupe", "Gwendolyn", "Hai", "Harold", "Harriet", "Hassan", "Hazel", "Hector", "Helen", "Henrietta", "Herbert", "Hiroshi", "Hollis", "Howard", "Ibrahim", "Ida", "Ignacio", "Imani", "Inez", "Ingrid", "Irene", "Isaac", "Isabel", "Ivan", "Jacqueline", "Jamal", "James", "Janet", "Jasmine", "Javier", "Jean", "Jerome", "Jesus", "Jin", "Joan", "Joaquin", "Joel", "John", "Jose", "Joseph", "Josephine", "Joyce", "Juanita", "Judith", "Julius", "Kamal", "Karen", "Katarzyna", "Kathleen", "Keiko", "Kenneth", "Kenya", "Khadija", "Kim", "Krishna", "Kwame", "Lakshmi", "Lamar", "Larry", "LaToya", "Laura", "Lawrence", "Leilani", "Leon", "Leroy", "Lian", "Lillian", "Linda", "Linh", "Lionel", "Lorraine", "Louise", "Lucia", "Luis", "Lydia", "Mabel", "Malik", "Manuel", "Marcus", "Margaret", "Maria", "Marie", "Marilyn", "Mario", "Marjorie", "Marlon", "Martha", "Matthew", "Maureen", "Mei", "Mercedes", "Michael", "Miguel", "Mildred", "Ming", "Minh", "Miriam", "Mohamed", "Monique", "Muriel", "Myrtle", "Nadia", "Nancy", "Naomi", "Natasha", "Nathan", "Nguyet", "Nicholas", "Nora", "Norma", "Nkechi", "Obinna", "Odessa", "Olena", "Omar", "Opal", "Orlando", "Oscar", "Otis", "Pamela", "Patience", "Patricia", "Paul", "Pearl", "Percy", "Phillip", "Phuong", "Pilar", "Priya", "Quentin", "Quinn", "Rachel", "Rafael", "Raj", "Ralph", "Ramona", "Ravi", "Raymond", "Rebecca", "Reginald", "Rhonda", "Ricardo", "Richard", "Robert", "Roberta", "Roderick", "Ronald", "Rosalind", "Rosemary", "Roy", "Ruben", "Ruth", "Salvador", "Samir", "Samuel", "Sandra", "Santiago", "Sarah", "Seung", "Shanice", "Sharon", "Shirley", "Sofia", "Soledad", "Stanley", "Stella", "Stephen", "Sunil", "Susan", "Sylvia", "Tamika", "Tatiana", "Teresa", "Terrence", "Theodore", "Thelma", "Theresa", "Thomas", "Thuy", "Tomas", "Tremaine", "Tyrone", "Ursula", "Valerie", "Vanessa", "Vera", "Vernon", "Vicente", "Viktor", "Vincent", "Viola", "Virginia", "Vivian", "Walter", "Wanda", "Wei", "Wendell", "Wilhelmina", "William", "Willie", "Winston", "Xavier", "Xiomara", "Yan", "Yasmin", "Yolanda", "Yoshiko", "Young", "Yusuf", "Yvette", "Yvonne", "Zachary", "Zainab", "Zelda", "Zofia"]

FAMILY = ["Abara", "Abernathy", "Acevedo", "Ackerman", "Adeyemi", "Aguilar", "Ahmad", "Albrecht", "Alvarado", "Anderson", "Andrade", "Antonelli", "Appiah", "Arroyo", "Ashworth", "Atkins", "Avila", "Ayala", "Bailey", "Banerjee", "Baptiste", "Barnes", "Barrera", "Baxter", "Beaumont", "Beltran", "Bennett", "Bergstrom", "Bhatt", "Blackwell", "Blankenship", "Bogdanov", "Booker", "Bradford", "Brennan", "Briggs", "Brown", "Bui", "Burgess", "Caballero", "Calhoun", "Campbell", "Cardenas", "Carpenter", "Castillo", "Chan", "Chandra", "Chaudhry", "Chavez", "Cho", "Christensen", "Clark", "Coleman", "Collins", "Contreras", "Cooper", "Cortez", "Crawford", "Cruz", "Cunningham", "D'Angelo", "Dang", "Davenport", "Davis", "De-La-Cruz", "Delacroix", "Delgado", "DeSantis", "Diallo", "Diaz", "Dixon", "Do", "Dominguez", "Donovan", "Dubois", "Duong", "Duran", "Eberhardt", "Edwards", "Ekwueme", "Elmore", "Emerson", "Escobar", "Espinoza", "Estrada", "Faulkner", "Fernandez", "Ferreira", "Fischer", "Fitzgerald", "Fleming", "Flores", "Forsythe", "Foster", "Franklin", "Fuentes", "Fujimoto", "Gallagher", "Garcia", "Garrison", "Gebre", "Gibbs", "Gill", "Goldberg", "Gomez", "Gonzalez", "Graves", "Greene", "Griffith", "Guerrero", "Gupta", "Gutierrez", "Hagen", "Hale", "Hammond", "Hansen", "Harding", "Harris", "Hassan", "Hayes", "Henderson", "Hernandez", "Hightower", "Hoang", "Hoffman", "Holt", "Hopkins", "Huang", "Huffman", "Hughes", "Hussein", "Huynh", "Ibarra", "Ingram", "Irizarry", "Ito", "Ivanova", "Jackson", "Jaramillo", "Jefferson", "Jensen", "Jimenez", "Johansson", "Johnson", "Jones", "Jordan", "Joseph", "Juarez", "Kaczmarek", "Kang", "Kapoor", "Kaufman", "Kelly", "Khalil", "Khan", "Kim", "King", "Kirkland", "Klein", "Knapp", "Kobayashi", "Kovacs", "Kowalski", "Kruger", "Kumar", "Kuznetsov", "Lam", "Lambert", "Larsen", "Le", "Lee", "Leonard", "Levine", "Lewis", "Li", "Lim", "Lindqvist", "Liu", "Lombardi", "Long", "Lopez", "Lowe", "Lujan", "Lundy", "Ly", "MacDonald", "Mahoney", "Maldonado", "Malik", "Marchetti", "Marin", "Marshall", "Martinez", "Mason", "Mbeki", "McAllister", "McBride", "McCarthy", "McGee", "McKinney", "Medina", "Mehta", "Mendoza", "Meyer", "Miller", "Mills", "Mitchell", "Molina", "Montgomery", "Moore", "Morales", "Moreau", "Morgan", "Moss", "Muhammad", "Mukherjee", "Munoz", "Murphy", "Nair", "Nakamura", "Navarro", "Nelson", "Newsome", "Ng", "Nguyen", "Nichols", "Nielsen", "Novak", "Nunez", "O'Brien", "O'Connor", "O'Neill", "Oakley", "Obi", "Ochoa", "Okafor", "Okonkwo", "Oliveira", "Olsen", "Orozco", "Ortega", "Ortiz", "Osei", "Owens", "Pacheco", "Padilla", "Palmer", "Park", "Parker", "Patel", "Patterson", "Pearson", "Pena", "Perez", "Perkins", "Peterson", "Petrov", "Pham", "Phillips", "Pierce", "Pineda", "Pope", "Porter", "Powell", "Price", "Quach", "Quinones", "Quintero", "Rahman", "Ramirez", "Ramos", "Randall", "Rao", "Rasmussen", "Reed", "Reyes", "Reynolds", "Rhodes", "Richardson", "Rivera", "Roberts", "Robinson", "Rodgers", "Rodriguez", "Rojas", "Romano", "Rosario", "Rosenberg", "Ross", "Roth", "Rousseau", "Ruiz", "Russo", "Saeed", "Salazar", "Sanchez", "Sanders", "Santos", "Sato", "Schneider", "Schroeder", "Schultz", "Serrano", "Shah", "Shapiro", "Sharma", "Shaw", "Shepherd", "Siddiqui", "Silva", "Simmons", "Singh", "Slater", "Smith", "Snyder", "Sokolov", "Solis", "Soto", "Spencer", "Stafford", "Steele", "Stein", "Stevenson", "Stewart", "Stone", "Strickland", "Sullivan", "Suzuki", "Swanson", "Tanaka", "Taylor", "Thao", "Thibodeaux", "Thomas", "Thompson", "Torres", "Tran", "Trujillo", "Tucker", "Turner", "Ueda", "Underwood", "Vaca", "Valdez", "Valentine", "VanDyke", "Vargas", "Vasquez", "Vaughn", "Vega", "Velasquez", "Villanueva", "Vo", "Volkov", "Wagner", "Walker", "Walsh", "Wang", "Ward", "Washington", "Watanabe", "Watkins", "Weaver", "Weber", "Webster", "Weiss", "Wheeler", "Whitaker", "White", "Wilkinson", "Williams", "Wolfe", "Wong", "Woodard", "Wright", "Wu", "Xiong", "Yamamoto", "Yang", "Yates", "Yeager", "Yilmaz", "Young", "Yu", "Zamora", "Zapata", "Zhang", "Zielinski", "Zimmerman", "Zuniga"]

STREETS = [
    name
    for line in """Adams|Airport|Alder|Arlington|Ashland|Aspen|Bayview|Beacon|Bellevue|Belmont|Bluff|Bridge|Burnside|Cambridge|Canal|Canyon|Central|Cherry|Church|Clinton
College|Colonial|Cottonwood|Country Club|Creekside|Cypress|Dogwood|Eagle Ridge|Eastern|Elm|Evergreen|Fairview|Forest|Fox Hollow|Franklin|Garfield|Glenwood|Grand|Grant|Greenbrier
Harbor|Harrison|Hawthorne|Heritage|Hickory|Highland|Hillcrest|Hilltop|Holly|Hunters Run|Indian Trail|Ivy|Jackson|Jefferson|Kensington|King|Lake|Lakeshore|Laurel|Lexington
Liberty|Lincoln|Locust|Magnolia|Main|Maplewood|Market|Meadow|Mill|Mission|Monroe|Mountain View|Oakridge|Ocean|Old Post|Orchard|Park|Pecan|Pheasant Run|Pine
Plum Creek|Poplar|Prairie|Prospect|Quail|Railroad|Redwood|Ridge|River|Rose|Saint Charles|Sandpiper|School|Seminole|Sherwood|Shiloh|Spring|Spruce|Sunset|Tamarack
Timber|Union|University|Valley|Victoria|Vine|Vista|Walnut|Washington|Waterford|Wildflower|Windsor|Woodland|York|1st|2nd|3rd|5th|9th|14th|23rd|42nd""".splitlines()
    for name in line.split("|")
]
SUFFIXES = (
    "St",
    "Ave",
    "Rd",
    "Dr",
    "Ln",
    "Ct",
    "Blvd",
    "Way",
    "Pl",
    "Cir",
    "Ter",
    "Street",
    "Avenue",
    "Road",
    "Drive",
    "Lane",
)
UNITS = ("Apt {n}", "Apt {n}{l}", "Unit {n}", "# {n}", "Lot {n}", "Apt. {l}", "Bldg {l}", "Rm {n}")

PLACES = [
    tuple(row.split("|"))
    for row in """Birmingham|AL|35205|205;Mobile|AL|36604|251;Anchorage|AK|99501|907;Juneau|AK|99801|907;Phoenix|AZ|85014|602;Tucson|AZ|85712|520;Little Rock|AR|72205|501;Fayetteville|AR|72701|479
Fresno|CA|93721|559;San Diego|CA|92103|619;Sacramento|CA|95816|916;Long Beach|CA|90802|562;Denver|CO|80206|303;Colorado Springs|CO|80903|719;Hartford|CT|06106|860;New Haven|CT|06511|203
Wilmington|DE|19805|302;Dover|DE|19901|302;Washington|DC|20009|202;Tampa|FL|33606|813;Orlando|FL|32803|407;Miami|FL|33130|305;Ocala|FL|34471|352;Atlanta|GA|30309|404;Savannah|GA|31405|912
Honolulu|HI|96814|808;Hilo|HI|96720|808;Boise|ID|83702|208;Idaho Falls|ID|83402|208;Chicago|IL|60622|312;Peoria|IL|61603|309;Indianapolis|IN|46205|317;Fort Wayne|IN|46805|260
Des Moines|IA|50312|515;Cedar Rapids|IA|52403|319;Wichita|KS|67211|316;Topeka|KS|66604|785;Louisville|KY|40205|502;Bowling Green|KY|42101|270;New Orleans|LA|70115|504;Baton Rouge|LA|70808|225
Portland|ME|04102|207;Bangor|ME|04401|207;Baltimore|MD|21218|410;Frederick|MD|21701|301;Boston|MA|02118|617;Worcester|MA|01604|508;Detroit|MI|48201|313;Grand Rapids|MI|49503|616
Minneapolis|MN|55408|612;Duluth|MN|55805|218;Jackson|MS|39202|601;Biloxi|MS|39530|228;Kansas City|MO|64111|816;Saint Louis|MO|63110|314;Billings|MT|59101|406;Missoula|MT|59801|406
Omaha|NE|68131|402;Lincoln|NE|68508|402;Las Vegas|NV|89104|702;Reno|NV|89502|775;Manchester|NH|03103|603;Concord|NH|03301|603;Newark|NJ|07104|973;Trenton|NJ|08611|609
Albuquerque|NM|87106|505;Las Cruces|NM|88001|575;Brooklyn|NY|11215|718;Buffalo|NY|14222|716;Syracuse|NY|13210|315;Rochester|NY|14607|585;Charlotte|NC|28205|704;Raleigh|NC|27605|919
Fargo|ND|58102|701;Bismarck|ND|58501|701;Dayton|OH|45406|937;Youngstown|OH|44505|330;Tulsa|OK|74104|918;Oklahoma City|OK|73106|405;Portland|OR|97214|503;Eugene|OR|97401|541
Pittsburgh|PA|15217|412;Philadelphia|PA|19147|215;Scranton|PA|18503|570;Providence|RI|02906|401;Warwick|RI|02886|401;Charleston|SC|29403|843;Greenville|SC|29601|864;Sioux Falls|SD|57104|605;Rapid City|SD|57701|605
Nashville|TN|37206|615;Memphis|TN|38104|901;Houston|TX|77006|713;San Antonio|TX|78212|210;El Paso|TX|79902|915;Fort Worth|TX|76104|817;Salt Lake City|UT|84102|801;Provo|UT|84601|801
Burlington|VT|05401|802;Rutland|VT|05701|802;Richmond|VA|23220|804;Norfolk|VA|23507|757;Seattle|WA|98105|206;Spokane|WA|99203|509;Charleston|WV|25302|304;Morgantown|WV|26505|304
Milwaukee|WI|53211|414;Green Bay|WI|54301|920;Cheyenne|WY|82001|307;Casper|WY|82601|307""".replace("\n", ";").split(";")
]
"""City, state, ZIP, area code."""

PAYERS = (
    # as printed, form of its member numbers (A letter, 9 digit, else itself; MBI = Medicare's pattern), spellings as right
    ("Medicare", "MBI", ("Medicare",)),
    ("Medicare Part B", "MBI", ("Medicare",)),
    ("Original Medicare", "MBI", ("Medicare",)),
    ("Medicaid", "999999999999", ()),
    ("Aetna", "W999999999", ()),
    ("Aetna Better Health", "9999999999", ("Aetna",)),
    ("Humana", "H99999999", ()),
    ("Humana Gold Plus", "H99999999", ("Humana",)),
    ("Blue Cross Blue Shield", "AAA999999999", ()),
    ("BCBS", "AAA999999999", ("Blue Cross Blue Shield",)),
    ("Anthem Blue Cross", "AAA999A99999", ("Anthem",)),
    ("UnitedHealthcare", "999999999", ()),
    ("United Healthcare", "999999999", ("UnitedHealthcare",)),
    ("UHC", "999999999", ("UnitedHealthcare",)),
    ("Cigna", "U99999999 01", ()),
    ("Cigna Healthcare", "U9999999901", ("Cigna",)),
    ("TRICARE East", "99999999900", ("Tricare",)),
    ("Kaiser Permanente", "99999999", ()),
    ("Molina Healthcare", "9999999999", ()),
    ("WellCare", "99999999", ()),
    ("Ambetter", "U9999999999", ()),
    ("CareSource", "99999999900", ()),
    ("Medical Mutual of Ohio", "999999999999", ("Medical Mutual",)),
    ("Highmark Blue Cross Blue Shield", "AAA999999999001", ("Highmark",)),
    ("Florida Blue", "H99999999", ()),
    ("Oscar Health", "OSC99999999-01", ("Oscar",)),
    ("Priority Health", "999999999-00", ()),
    ("HealthPartners", "99999999", ()),
    ("UPMC Health Plan", "99999999901", ()),
    ("Devoted Health", "D999A9", ()),
    ("Fidelis Care", "99999999999", ()),
    ("Geisinger Health Plan", "99999999", ()),
    ("Regence BlueShield", "AAA999999999", ()),
    ("Premera Blue Cross", "AAA999999999", ()),
    ("Peach State Health Plan", "999999999999", ()),
    ("Sunflower Health Plan", "99999999901", ()),
    ("Presbyterian Health Plan", "999999999 01", ()),
    ("SelectHealth", "8999999999", ()),
)

PRACTICES = tuple(
    f"{a} {b}"
    for a in (
        "Riverbend",
        "Stonebridge",
        "Mercy Hill",
        "Cedar Valley",
        "Bayfront",
        "North Star",
        "Three Rivers",
        "Copper Canyon",
        "Prairie View",
        "Harborlight",
        "Blue Ridge",
        "Saint Brigid",
        "Redstone",
        "Grandview",
    )
    for b in (
        "Family Medicine",
        "Internal Medicine Associates",
        "Pulmonary & Sleep",
        "Cardiology Group",
        "Orthopedics",
        "Primary Care, PLLC",
        "Wound & Vascular",
        "Regional Medical Center",
        "Geriatric Partners",
        "Hospital",
    )
)
CREDENTIALS = ("MD", "MD", "MD", "M.D.", "DO", "D.O.", "NP", "FNP-C", "PA-C", "APRN", "DNP", "CNP")
SUPPLIERS = (
    "Lakeline Home Medical",
    "Sunrise DME & Respiratory",
    "Beacon Home Infusion",
    "Keystone HomeCare",
    "Trillium Home Health",
    "Pacific Crest Medical Supply",
    "Anchor Post-Acute Intake",
    "Hometown Oxygen",
    "Lifebridge Home Services",
)
