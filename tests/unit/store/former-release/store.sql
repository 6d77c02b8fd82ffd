BEGIN TRANSACTION;
CREATE TABLE affected_packages (
	vulnerability_id TEXT NOT NULL, 
	package TEXT NOT NULL, 
	first_seen BIGINT NOT NULL, 
	score VARCHAR, 
	CONSTRAINT pk_affected_packages PRIMARY KEY (vulnerability_id, package), 
	CONSTRAINT fk_affected_packages_vulnerability_id FOREIGN KEY(vulnerability_id) REFERENCES vulnerabilities (id)
)
 WITHOUT ROWID

;
INSERT INTO "affected_packages" VALUES('CVE-2026-1001','pkg:golang/github.com/azure/go-autorest/autorest',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1002','pkg:golang/github.com/azure/go-autorest/autorest',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1003','pkg:golang/github.com/azure/go-autorest/autorest',1782907200000000,'5.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1004','pkg:golang/github.com/azure/go-autorest/autorest',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1005','pkg:golang/github.com/azure/go-autorest/autorest',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1006','pkg:golang/github.com/azure/go-autorest/autorest',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1007','pkg:golang/github.com/azure/go-autorest/autorest',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1008','pkg:golang/github.com/azure/go-autorest/autorest',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1009','pkg:golang/github.com/azure/go-autorest/autorest',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1010','pkg:golang/github.com/azure/go-autorest/autorest',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1011','pkg:golang/github.com/azure/go-autorest/autorest',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1012','pkg:golang/github.com/azure/go-autorest/autorest',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1013','pkg:golang/github.com/azure/go-autorest/autorest',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1014','pkg:golang/github.com/azure/go-autorest/autorest',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1015','pkg:golang/github.com/golang-jwt/jwt',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1016','pkg:golang/github.com/golang-jwt/jwt',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1017','pkg:golang/github.com/golang-jwt/jwt',1782907200000000,'5.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1018','pkg:golang/github.com/golang-jwt/jwt',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1019','pkg:golang/github.com/golang-jwt/jwt',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1020','pkg:golang/github.com/golang-jwt/jwt',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1021','pkg:golang/github.com/golang-jwt/jwt',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1022','pkg:golang/github.com/golang-jwt/jwt',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1023','pkg:golang/github.com/golang-jwt/jwt',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1024','pkg:golang/github.com/golang-jwt/jwt',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1025','pkg:golang/github.com/golang-jwt/jwt',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1026','pkg:golang/github.com/golang-jwt/jwt',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1027','pkg:golang/github.com/golang-jwt/jwt',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1028','pkg:golang/github.com/golang-jwt/jwt',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1029','pkg:golang/stdlib',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1030','pkg:golang/stdlib',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1031','pkg:golang/stdlib',1782907200000000,'5.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1032','pkg:golang/stdlib',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1033','pkg:golang/stdlib',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1034','pkg:golang/stdlib',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1035','pkg:golang/stdlib',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1036','pkg:golang/stdlib',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1037','pkg:golang/stdlib',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1038','pkg:golang/stdlib',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1039','pkg:golang/stdlib',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1040','pkg:golang/stdlib',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1041','pkg:golang/stdlib',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1042','pkg:golang/stdlib',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1043','pkg:pypi/ruamel.yaml',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1044','pkg:pypi/ruamel.yaml',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1045','pkg:pypi/ruamel.yaml',1782907200000000,'5.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1046','pkg:pypi/ruamel.yaml',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1047','pkg:pypi/ruamel.yaml',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1048','pkg:pypi/ruamel.yaml',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1049','pkg:pypi/ruamel.yaml',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1050','pkg:pypi/ruamel.yaml',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1051','pkg:pypi/ruamel.yaml',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1052','pkg:pypi/ruamel.yaml',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1053','pkg:pypi/ruamel.yaml',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1054','pkg:pypi/ruamel.yaml',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1055','pkg:pypi/ruamel.yaml',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1056','pkg:pypi/ruamel.yaml',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1057','pkg:npm/jsonstream',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1058','pkg:npm/jsonstream',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1059','pkg:npm/jsonstream',1782907200000000,'5.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1060','pkg:npm/jsonstream',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1061','pkg:npm/jsonstream',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1062','pkg:npm/jsonstream',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1063','pkg:npm/jsonstream',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1064','pkg:npm/jsonstream',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1065','pkg:npm/jsonstream',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1066','pkg:npm/jsonstream',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1067','pkg:npm/jsonstream',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1068','pkg:npm/jsonstream',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1069','pkg:npm/jsonstream',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1070','pkg:npm/jsonstream',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1071','pkg:npm/acorn-jsx',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1072','pkg:npm/acorn-jsx',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1073','pkg:npm/acorn-jsx',1782907200000000,'5.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1074','pkg:npm/acorn-jsx',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1075','pkg:npm/acorn-jsx',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1076','pkg:npm/acorn-jsx',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1077','pkg:npm/acorn-jsx',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1078','pkg:npm/acorn-jsx',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1079','pkg:npm/acorn-jsx',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1080','pkg:npm/acorn-jsx',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1081','pkg:npm/acorn-jsx',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1082','pkg:npm/acorn-jsx',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1083','pkg:npm/acorn-jsx',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1084','pkg:npm/acorn-jsx',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1085','pkg:rpm/rhel/openssl',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1086','pkg:rpm/rhel/openssl',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1087','pkg:rpm/rhel/openssl',1782907200000000,'5.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1088','pkg:rpm/rhel/openssl',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1089','pkg:rpm/rhel/openssl',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1090','pkg:rpm/rhel/openssl',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1091','pkg:rpm/rhel/openssl',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1092','pkg:rpm/rhel/openssl',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1093','pkg:rpm/rhel/openssl',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1094','pkg:rpm/rhel/openssl',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1095','pkg:rpm/rhel/openssl',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1096','pkg:rpm/rhel/openssl',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1097','pkg:rpm/rhel/openssl',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1098','pkg:rpm/rhel/openssl',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1099','pkg:gem/nokogiri',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1100','pkg:gem/nokogiri',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1101','pkg:gem/nokogiri',1782907200000000,'5.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1102','pkg:gem/nokogiri',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1103','pkg:gem/nokogiri',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1104','pkg:gem/nokogiri',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1105','pkg:gem/nokogiri',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1106','pkg:gem/nokogiri',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1107','pkg:gem/nokogiri',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1108','pkg:gem/nokogiri',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1109','pkg:gem/nokogiri',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1110','pkg:gem/nokogiri',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1111','pkg:gem/nokogiri',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1112','pkg:gem/nokogiri',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1113','pkg:npm/left-out',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1114','pkg:npm/left-out',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1115','pkg:npm/left-out',1782907200000000,'5.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1116','pkg:npm/left-out',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1117','pkg:npm/left-out',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1118','pkg:npm/left-out',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1119','pkg:npm/left-out',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1120','pkg:npm/left-out',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1121','pkg:npm/left-out',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1122','pkg:npm/left-out',1782907200000000,'9.8');
INSERT INTO "affected_packages" VALUES('CVE-2026-1123','pkg:npm/left-out',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1124','pkg:npm/left-out',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1125','pkg:npm/left-out',1782907200000000,'2.0');
INSERT INTO "affected_packages" VALUES('CVE-2026-1126','pkg:npm/left-out',1782907200000000,'2.0');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003');
CREATE TABLE assessment_types (
	name TEXT NOT NULL, 
	definition TEXT NOT NULL, 
	source TEXT NOT NULL, 
	retired BOOLEAN NOT NULL, 
	revision BIGINT NOT NULL, 
	CONSTRAINT pk_assessment_types PRIMARY KEY (name)
);
CREATE TABLE assessments (
	sequence INTEGER NOT NULL, 
	vulnerability TEXT NOT NULL, 
	type TEXT, 
	package TEXT, 
	version_range TEXT, 
	image TEXT, 
	namespace TEXT, 
	source TEXT NOT NULL, 
	author TEXT NOT NULL, 
	comment TEXT NOT NULL, 
	assessed_at BIGINT NOT NULL, 
	until BIGINT, 
	rule TEXT NOT NULL, 
	score VARCHAR, 
	revision BIGINT NOT NULL, 
	CONSTRAINT pk_assessments PRIMARY KEY (sequence)
);
INSERT INTO "assessments" VALUES(1,'CVE-2026-1001','Blocked','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(2,'CVE-2026-1002','Ignore','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(3,'CVE-2026-1004','Ignore','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(4,'CVE-2026-1005','Blocked','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(5,'CVE-2026-1006','Ignore','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(6,'CVE-2026-1007','Ignore','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(7,'CVE-2026-1008','Ignore','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(8,'CVE-2026-1009','Blocked','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(9,'CVE-2026-1010','Blocked','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(10,'CVE-2026-1011','Ignore','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(11,'CVE-2026-1012','Ignore','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(12,'CVE-2026-1013','Ignore','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(13,'CVE-2026-1015','Blocked','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(14,'CVE-2026-1016','Ignore','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(15,'CVE-2026-1018','Ignore','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(16,'CVE-2026-1019','Blocked','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(17,'CVE-2026-1020','Ignore','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(18,'CVE-2026-1021','Ignore','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(19,'CVE-2026-1022','Ignore','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(20,'CVE-2026-1023','Blocked','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(21,'CVE-2026-1024','Blocked','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(22,'CVE-2026-1025','Ignore','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(23,'CVE-2026-1026','Ignore','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(24,'CVE-2026-1027','Ignore','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(25,'CVE-2026-1029','Blocked','pkg:golang/stdlib',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(26,'CVE-2026-1030','Ignore','pkg:golang/stdlib',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(27,'CVE-2026-1032','Ignore','pkg:golang/stdlib',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(28,'CVE-2026-1033','Blocked','pkg:golang/stdlib',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(29,'CVE-2026-1034','Ignore','pkg:golang/stdlib',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(30,'CVE-2026-1035','Ignore','pkg:golang/stdlib',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(31,'CVE-2026-1036','Ignore','pkg:golang/stdlib',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(32,'CVE-2026-1037','Blocked','pkg:golang/stdlib',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(33,'CVE-2026-1038','Blocked','pkg:golang/stdlib',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(34,'CVE-2026-1039','Ignore','pkg:golang/stdlib',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(35,'CVE-2026-1040','Ignore','pkg:golang/stdlib',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(36,'CVE-2026-1041','Ignore','pkg:golang/stdlib',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(37,'CVE-2026-1043','Blocked','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(38,'CVE-2026-1044','Ignore','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(39,'CVE-2026-1046','Ignore','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(40,'CVE-2026-1047','Blocked','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(41,'CVE-2026-1048','Ignore','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(42,'CVE-2026-1049','Ignore','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(43,'CVE-2026-1050','Ignore','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(44,'CVE-2026-1051','Blocked','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(45,'CVE-2026-1052','Blocked','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(46,'CVE-2026-1053','Ignore','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(47,'CVE-2026-1054','Ignore','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(48,'CVE-2026-1055','Ignore','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(49,'CVE-2026-1057','Blocked','pkg:npm/jsonstream',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(50,'CVE-2026-1058','Ignore','pkg:npm/jsonstream',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(51,'CVE-2026-1060','Ignore','pkg:npm/jsonstream',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(52,'CVE-2026-1061','Blocked','pkg:npm/jsonstream',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(53,'CVE-2026-1062','Ignore','pkg:npm/jsonstream',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(54,'CVE-2026-1063','Ignore','pkg:npm/jsonstream',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(55,'CVE-2026-1064','Ignore','pkg:npm/jsonstream',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(56,'CVE-2026-1065','Blocked','pkg:npm/jsonstream',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(57,'CVE-2026-1066','Blocked','pkg:npm/jsonstream',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(58,'CVE-2026-1067','Ignore','pkg:npm/jsonstream',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(59,'CVE-2026-1068','Ignore','pkg:npm/jsonstream',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(60,'CVE-2026-1069','Ignore','pkg:npm/jsonstream',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(61,'CVE-2026-1071','Blocked','pkg:npm/acorn-jsx',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(62,'CVE-2026-1072','Ignore','pkg:npm/acorn-jsx',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(63,'CVE-2026-1074','Ignore','pkg:npm/acorn-jsx',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(64,'CVE-2026-1075','Blocked','pkg:npm/acorn-jsx',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(65,'CVE-2026-1076','Ignore','pkg:npm/acorn-jsx',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(66,'CVE-2026-1077','Ignore','pkg:npm/acorn-jsx',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(67,'CVE-2026-1078','Ignore','pkg:npm/acorn-jsx',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(68,'CVE-2026-1079','Blocked','pkg:npm/acorn-jsx',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(69,'CVE-2026-1080','Blocked','pkg:npm/acorn-jsx',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(70,'CVE-2026-1081','Ignore','pkg:npm/acorn-jsx',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(71,'CVE-2026-1082','Ignore','pkg:npm/acorn-jsx',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(72,'CVE-2026-1083','Ignore','pkg:npm/acorn-jsx',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(73,'CVE-2026-1085','Blocked','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(74,'CVE-2026-1086','Ignore','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(75,'CVE-2026-1088','Ignore','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(76,'CVE-2026-1089','Blocked','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(77,'CVE-2026-1090','Ignore','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(78,'CVE-2026-1091','Ignore','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(79,'CVE-2026-1092','Ignore','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(80,'CVE-2026-1093','Blocked','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(81,'CVE-2026-1094','Blocked','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(82,'CVE-2026-1095','Ignore','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(83,'CVE-2026-1096','Ignore','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(84,'CVE-2026-1097','Ignore','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(85,'CVE-2026-1099','Blocked','pkg:gem/nokogiri',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(86,'CVE-2026-1100','Ignore','pkg:gem/nokogiri',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(87,'CVE-2026-1102','Ignore','pkg:gem/nokogiri',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(88,'CVE-2026-1103','Blocked','pkg:gem/nokogiri',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(89,'CVE-2026-1104','Ignore','pkg:gem/nokogiri',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(90,'CVE-2026-1105','Ignore','pkg:gem/nokogiri',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(91,'CVE-2026-1106','Ignore','pkg:gem/nokogiri',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(92,'CVE-2026-1107','Blocked','pkg:gem/nokogiri',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(93,'CVE-2026-1108','Blocked','pkg:gem/nokogiri',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(94,'CVE-2026-1109','Ignore','pkg:gem/nokogiri',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(95,'CVE-2026-1110','Ignore','pkg:gem/nokogiri',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(96,'CVE-2026-1111','Ignore','pkg:gem/nokogiri',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(97,'CVE-2026-1113','Blocked','pkg:npm/left-out',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(98,'CVE-2026-1114','Ignore','pkg:npm/left-out',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(99,'CVE-2026-1116','Ignore','pkg:npm/left-out',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(100,'CVE-2026-1117','Blocked','pkg:npm/left-out',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(101,'CVE-2026-1118','Ignore','pkg:npm/left-out',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(102,'CVE-2026-1119','Ignore','pkg:npm/left-out',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(103,'CVE-2026-1120','Ignore','pkg:npm/left-out',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(104,'CVE-2026-1121','Blocked','pkg:npm/left-out',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(105,'CVE-2026-1122','Blocked','pkg:npm/left-out',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','9.8',127);
INSERT INTO "assessments" VALUES(106,'CVE-2026-1123','Ignore','pkg:npm/left-out',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(107,'CVE-2026-1124','Ignore','pkg:npm/left-out',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(108,'CVE-2026-1125','Ignore','pkg:npm/left-out',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1790683200000000,'Ignore 0.1–3.9','2.0',127);
INSERT INTO "assessments" VALUES(109,'CVE-2026-1014','Blocked','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','2.0',128);
INSERT INTO "assessments" VALUES(110,'CVE-2026-1028','Blocked','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','2.0',128);
INSERT INTO "assessments" VALUES(111,'CVE-2026-1042','Blocked','pkg:golang/stdlib',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','2.0',128);
INSERT INTO "assessments" VALUES(112,'CVE-2026-1056','Blocked','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','2.0',128);
INSERT INTO "assessments" VALUES(113,'CVE-2026-1070','Blocked','pkg:npm/jsonstream',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','2.0',128);
INSERT INTO "assessments" VALUES(114,'CVE-2026-1084','Blocked','pkg:npm/acorn-jsx',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','2.0',128);
INSERT INTO "assessments" VALUES(115,'CVE-2026-1098','Blocked','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','2.0',128);
INSERT INTO "assessments" VALUES(116,'CVE-2026-1112','Blocked','pkg:gem/nokogiri',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','2.0',128);
INSERT INTO "assessments" VALUES(117,'CVE-2026-1126','Blocked','pkg:npm/left-out',NULL,NULL,NULL,'auto','auto-assess','',1782907200000000,1785499200000000,'Blocked 9.0–10.0','2.0',128);
INSERT INTO "assessments" VALUES(118,'CVE-2026-1004','Blocked','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(119,'CVE-2026-1005','Ignore','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(120,'CVE-2026-1006','Blocked','pkg:golang/github.com/azure/go-autorest/autorest','=0.11.6',NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(121,'CVE-2026-1007','Blocked','pkg:golang/github.com/azure/go-autorest/autorest','=0.11.7','registry.example/shop/image-7',NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(122,'CVE-2026-1008','Blocked','pkg:golang/github.com/azure/go-autorest/autorest','=0.11.8',NULL,'shop','manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(123,'CVE-2026-1009','Ignore','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1782820800000000,'',NULL,129);
INSERT INTO "assessments" VALUES(124,'CVE-2026-1010','Ignore','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(125,'CVE-2026-1011','Blocked','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(126,'CVE-2026-1018','Blocked','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(127,'CVE-2026-1019','Ignore','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(128,'CVE-2026-1020','Blocked','pkg:golang/github.com/golang-jwt/jwt','=v4.5.20',NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(129,'CVE-2026-1021','Blocked','pkg:golang/github.com/golang-jwt/jwt','=v4.5.21','registry.example/shop/image-21',NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(130,'CVE-2026-1022','Blocked','pkg:golang/github.com/golang-jwt/jwt','=v4.5.22',NULL,'shop','manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(131,'CVE-2026-1023','Ignore','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1782820800000000,'',NULL,129);
INSERT INTO "assessments" VALUES(132,'CVE-2026-1024','Ignore','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(133,'CVE-2026-1025','Blocked','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(134,'CVE-2026-1032','Blocked','pkg:golang/stdlib',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(135,'CVE-2026-1033','Ignore','pkg:golang/stdlib',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(136,'CVE-2026-1034','Blocked','pkg:golang/stdlib','=1.21.34',NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(137,'CVE-2026-1035','Blocked','pkg:golang/stdlib','=1.21.35','registry.example/shop/image-35',NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(138,'CVE-2026-1036','Blocked','pkg:golang/stdlib','=1.21.36',NULL,'shop','manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(139,'CVE-2026-1037','Ignore','pkg:golang/stdlib',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1782820800000000,'',NULL,129);
INSERT INTO "assessments" VALUES(140,'CVE-2026-1038','Ignore','pkg:golang/stdlib',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(141,'CVE-2026-1039','Blocked','pkg:golang/stdlib',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(142,'CVE-2026-1046','Blocked','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(143,'CVE-2026-1047','Ignore','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(144,'CVE-2026-1048','Blocked','pkg:pypi/ruamel.yaml','=0.17.48',NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(145,'CVE-2026-1049','Blocked','pkg:pypi/ruamel.yaml','=0.17.49','registry.example/shop/image-49',NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(146,'CVE-2026-1050','Blocked','pkg:pypi/ruamel.yaml','=0.17.50',NULL,'shop','manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(147,'CVE-2026-1051','Ignore','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1782820800000000,'',NULL,129);
INSERT INTO "assessments" VALUES(148,'CVE-2026-1052','Ignore','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(149,'CVE-2026-1053','Blocked','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(150,'CVE-2026-1060','Blocked','pkg:npm/jsonstream',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(151,'CVE-2026-1061','Ignore','pkg:npm/jsonstream',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(152,'CVE-2026-1062','Blocked','pkg:npm/jsonstream','=1.3.62',NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(153,'CVE-2026-1063','Blocked','pkg:npm/jsonstream','=1.3.63','registry.example/shop/image-63',NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(154,'CVE-2026-1064','Blocked','pkg:npm/jsonstream','=1.3.64',NULL,'shop','manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(155,'CVE-2026-1065','Ignore','pkg:npm/jsonstream',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1782820800000000,'',NULL,129);
INSERT INTO "assessments" VALUES(156,'CVE-2026-1066','Ignore','pkg:npm/jsonstream',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(157,'CVE-2026-1067','Blocked','pkg:npm/jsonstream',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(158,'CVE-2026-1074','Blocked','pkg:npm/acorn-jsx',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(159,'CVE-2026-1075','Ignore','pkg:npm/acorn-jsx',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(160,'CVE-2026-1076','Blocked','pkg:npm/acorn-jsx','=5.3.76_acorn@7.4.1',NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(161,'CVE-2026-1077','Blocked','pkg:npm/acorn-jsx','=5.3.77_acorn@7.4.1','registry.example/shop/image-77',NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(162,'CVE-2026-1078','Blocked','pkg:npm/acorn-jsx','=5.3.78_acorn@7.4.1',NULL,'shop','manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(163,'CVE-2026-1079','Ignore','pkg:npm/acorn-jsx',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1782820800000000,'',NULL,129);
INSERT INTO "assessments" VALUES(164,'CVE-2026-1080','Ignore','pkg:npm/acorn-jsx',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(165,'CVE-2026-1081','Blocked','pkg:npm/acorn-jsx',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(166,'CVE-2026-1088','Blocked','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(167,'CVE-2026-1089','Ignore','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(168,'CVE-2026-1090','Blocked','pkg:rpm/rhel/openssl','=1.1.90-6.el8',NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(169,'CVE-2026-1091','Blocked','pkg:rpm/rhel/openssl','=1.1.91-6.el8','registry.example/shop/image-91',NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(170,'CVE-2026-1092','Blocked','pkg:rpm/rhel/openssl','=1.1.92-6.el8',NULL,'shop','manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(171,'CVE-2026-1093','Ignore','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1782820800000000,'',NULL,129);
INSERT INTO "assessments" VALUES(172,'CVE-2026-1094','Ignore','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(173,'CVE-2026-1095','Blocked','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(174,'CVE-2026-1102','Blocked','pkg:gem/nokogiri',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(175,'CVE-2026-1103','Ignore','pkg:gem/nokogiri',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(176,'CVE-2026-1104','Blocked','pkg:gem/nokogiri','=1.8.104-java',NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(177,'CVE-2026-1105','Blocked','pkg:gem/nokogiri','=1.8.105-java','registry.example/shop/image-105',NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(178,'CVE-2026-1106','Blocked','pkg:gem/nokogiri','=1.8.106-java',NULL,'shop','manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(179,'CVE-2026-1107','Ignore','pkg:gem/nokogiri',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1782820800000000,'',NULL,129);
INSERT INTO "assessments" VALUES(180,'CVE-2026-1108','Ignore','pkg:gem/nokogiri',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(181,'CVE-2026-1109','Blocked','pkg:gem/nokogiri',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(182,'CVE-2026-1116','Blocked','pkg:npm/left-out',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(183,'CVE-2026-1117','Ignore','pkg:npm/left-out',NULL,NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(184,'CVE-2026-1118','Blocked','pkg:npm/left-out','=1.0.118',NULL,NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(185,'CVE-2026-1119','Blocked','pkg:npm/left-out','=1.0.119','registry.example/shop/image-119',NULL,'manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(186,'CVE-2026-1120','Blocked','pkg:npm/left-out','=1.0.120',NULL,'shop','manual','anna','because',1782129600000000,NULL,'',NULL,129);
INSERT INTO "assessments" VALUES(187,'CVE-2026-1121','Ignore','pkg:npm/left-out',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1782820800000000,'',NULL,129);
INSERT INTO "assessments" VALUES(188,'CVE-2026-1122','Ignore','pkg:npm/left-out',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(189,'CVE-2026-1123','Blocked','pkg:npm/left-out',NULL,NULL,NULL,'manual','anna','because',1782129600000000,1785499200000000,'',NULL,129);
INSERT INTO "assessments" VALUES(190,'CVE-2026-1012','Blocked','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'provisioned','settings','because',1782129600000000,NULL,'',NULL,130);
INSERT INTO "assessments" VALUES(191,'CVE-2026-1026','Blocked','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'provisioned','settings','because',1782129600000000,NULL,'',NULL,130);
INSERT INTO "assessments" VALUES(192,'CVE-2026-1040','Blocked','pkg:golang/stdlib',NULL,NULL,NULL,'provisioned','settings','because',1782129600000000,NULL,'',NULL,130);
INSERT INTO "assessments" VALUES(193,'CVE-2026-1054','Blocked','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'provisioned','settings','because',1782129600000000,NULL,'',NULL,130);
INSERT INTO "assessments" VALUES(194,'CVE-2026-1068','Blocked','pkg:npm/jsonstream',NULL,NULL,NULL,'provisioned','settings','because',1782129600000000,NULL,'',NULL,130);
INSERT INTO "assessments" VALUES(195,'CVE-2026-1082','Blocked','pkg:npm/acorn-jsx',NULL,NULL,NULL,'provisioned','settings','because',1782129600000000,NULL,'',NULL,130);
INSERT INTO "assessments" VALUES(196,'CVE-2026-1096','Blocked','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'provisioned','settings','because',1782129600000000,NULL,'',NULL,130);
INSERT INTO "assessments" VALUES(197,'CVE-2026-1110','Blocked','pkg:gem/nokogiri',NULL,NULL,NULL,'provisioned','settings','because',1782129600000000,NULL,'',NULL,130);
INSERT INTO "assessments" VALUES(198,'CVE-2026-1124','Blocked','pkg:npm/left-out',NULL,NULL,NULL,'provisioned','settings','because',1782129600000000,NULL,'',NULL,130);
INSERT INTO "assessments" VALUES(199,'CVE-2026-1013','Blocked','pkg:golang/github.com/azure/go-autorest/autorest',NULL,NULL,NULL,'provisioned','cluster','because',1782129600000000,NULL,'',NULL,131);
INSERT INTO "assessments" VALUES(200,'CVE-2026-1027','Blocked','pkg:golang/github.com/golang-jwt/jwt',NULL,NULL,NULL,'provisioned','cluster','because',1782129600000000,NULL,'',NULL,131);
INSERT INTO "assessments" VALUES(201,'CVE-2026-1041','Blocked','pkg:golang/stdlib',NULL,NULL,NULL,'provisioned','cluster','because',1782129600000000,NULL,'',NULL,131);
INSERT INTO "assessments" VALUES(202,'CVE-2026-1055','Blocked','pkg:pypi/ruamel.yaml',NULL,NULL,NULL,'provisioned','cluster','because',1782129600000000,NULL,'',NULL,131);
INSERT INTO "assessments" VALUES(203,'CVE-2026-1069','Blocked','pkg:npm/jsonstream',NULL,NULL,NULL,'provisioned','cluster','because',1782129600000000,NULL,'',NULL,131);
INSERT INTO "assessments" VALUES(204,'CVE-2026-1083','Blocked','pkg:npm/acorn-jsx',NULL,NULL,NULL,'provisioned','cluster','because',1782129600000000,NULL,'',NULL,131);
INSERT INTO "assessments" VALUES(205,'CVE-2026-1097','Blocked','pkg:rpm/rhel/openssl',NULL,NULL,NULL,'provisioned','cluster','because',1782129600000000,NULL,'',NULL,131);
INSERT INTO "assessments" VALUES(206,'CVE-2026-1111','Blocked','pkg:gem/nokogiri',NULL,NULL,NULL,'provisioned','cluster','because',1782129600000000,NULL,'',NULL,131);
INSERT INTO "assessments" VALUES(207,'CVE-2026-1125','Blocked','pkg:npm/left-out',NULL,NULL,NULL,'provisioned','cluster','because',1782129600000000,NULL,'',NULL,131);
CREATE TABLE compatibility (
	id INTEGER NOT NULL, 
	oldest_program TEXT NOT NULL, 
	CONSTRAINT pk_compatibility PRIMARY KEY (id), 
	CONSTRAINT ck_compatibility_single CHECK (id = 1)
);
INSERT INTO "compatibility" VALUES(1,'0003');
CREATE TABLE components (
	id INTEGER NOT NULL, 
	purl TEXT NOT NULL, 
	state SMALLINT NOT NULL, 
	answered_at BIGINT NOT NULL, 
	asked_at BIGINT NOT NULL, 
	revision BIGINT NOT NULL, 
	CONSTRAINT pk_components PRIMARY KEY (id), 
	CONSTRAINT uq_components_purl UNIQUE (purl)
);
INSERT INTO "components" VALUES(0,'pkg:golang/github.com/azure/go-autorest/autorest@0.11.1',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(1,'pkg:golang/github.com/azure/go-autorest/autorest@0.11.2',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(2,'pkg:golang/github.com/azure/go-autorest/autorest@0.11.3',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(3,'pkg:golang/github.com/azure/go-autorest/autorest@0.11.4',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(4,'pkg:golang/github.com/azure/go-autorest/autorest@0.11.5',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(5,'pkg:golang/github.com/azure/go-autorest/autorest@0.11.6',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(6,'pkg:golang/github.com/azure/go-autorest/autorest@0.11.7',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(7,'pkg:golang/github.com/azure/go-autorest/autorest@0.11.8',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(8,'pkg:golang/github.com/azure/go-autorest/autorest@0.11.9',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(9,'pkg:golang/github.com/azure/go-autorest/autorest@0.11.10',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(10,'pkg:golang/github.com/azure/go-autorest/autorest@0.11.11',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(11,'pkg:golang/github.com/azure/go-autorest/autorest@0.11.12',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(12,'pkg:golang/github.com/azure/go-autorest/autorest@0.11.13',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(13,'pkg:golang/github.com/azure/go-autorest/autorest@0.11.14',2,1782907200,1782907200,128);
INSERT INTO "components" VALUES(14,'pkg:golang/github.com/golang-jwt/jwt@v4.5.15',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(15,'pkg:golang/github.com/golang-jwt/jwt@v4.5.16',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(16,'pkg:golang/github.com/golang-jwt/jwt@v4.5.17',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(17,'pkg:golang/github.com/golang-jwt/jwt@v4.5.18',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(18,'pkg:golang/github.com/golang-jwt/jwt@v4.5.19',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(19,'pkg:golang/github.com/golang-jwt/jwt@v4.5.20',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(20,'pkg:golang/github.com/golang-jwt/jwt@v4.5.21',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(21,'pkg:golang/github.com/golang-jwt/jwt@v4.5.22',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(22,'pkg:golang/github.com/golang-jwt/jwt@v4.5.23',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(23,'pkg:golang/github.com/golang-jwt/jwt@v4.5.24',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(24,'pkg:golang/github.com/golang-jwt/jwt@v4.5.25',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(25,'pkg:golang/github.com/golang-jwt/jwt@v4.5.26',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(26,'pkg:golang/github.com/golang-jwt/jwt@v4.5.27',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(27,'pkg:golang/github.com/golang-jwt/jwt@v4.5.28',2,1782907200,1782907200,128);
INSERT INTO "components" VALUES(28,'pkg:golang/stdlib@1.21.29',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(29,'pkg:golang/stdlib@1.21.30',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(30,'pkg:golang/stdlib@1.21.31',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(31,'pkg:golang/stdlib@1.21.32',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(32,'pkg:golang/stdlib@1.21.33',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(33,'pkg:golang/stdlib@1.21.34',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(34,'pkg:golang/stdlib@1.21.35',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(35,'pkg:golang/stdlib@1.21.36',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(36,'pkg:golang/stdlib@1.21.37',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(37,'pkg:golang/stdlib@1.21.38',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(38,'pkg:golang/stdlib@1.21.39',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(39,'pkg:golang/stdlib@1.21.40',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(40,'pkg:golang/stdlib@1.21.41',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(41,'pkg:golang/stdlib@1.21.42',2,1782907200,1782907200,128);
INSERT INTO "components" VALUES(42,'pkg:pypi/ruamel.yaml@0.17.43',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(43,'pkg:pypi/ruamel.yaml@0.17.44',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(44,'pkg:pypi/ruamel.yaml@0.17.45',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(45,'pkg:pypi/ruamel.yaml@0.17.46',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(46,'pkg:pypi/ruamel.yaml@0.17.47',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(47,'pkg:pypi/ruamel.yaml@0.17.48',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(48,'pkg:pypi/ruamel.yaml@0.17.49',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(49,'pkg:pypi/ruamel.yaml@0.17.50',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(50,'pkg:pypi/ruamel.yaml@0.17.51',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(51,'pkg:pypi/ruamel.yaml@0.17.52',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(52,'pkg:pypi/ruamel.yaml@0.17.53',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(53,'pkg:pypi/ruamel.yaml@0.17.54',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(54,'pkg:pypi/ruamel.yaml@0.17.55',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(55,'pkg:pypi/ruamel.yaml@0.17.56',2,1782907200,1782907200,128);
INSERT INTO "components" VALUES(56,'pkg:npm/jsonstream@1.3.57',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(57,'pkg:npm/jsonstream@1.3.58',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(58,'pkg:npm/jsonstream@1.3.59',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(59,'pkg:npm/jsonstream@1.3.60',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(60,'pkg:npm/jsonstream@1.3.61',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(61,'pkg:npm/jsonstream@1.3.62',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(62,'pkg:npm/jsonstream@1.3.63',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(63,'pkg:npm/jsonstream@1.3.64',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(64,'pkg:npm/jsonstream@1.3.65',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(65,'pkg:npm/jsonstream@1.3.66',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(66,'pkg:npm/jsonstream@1.3.67',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(67,'pkg:npm/jsonstream@1.3.68',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(68,'pkg:npm/jsonstream@1.3.69',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(69,'pkg:npm/jsonstream@1.3.70',2,1782907200,1782907200,128);
INSERT INTO "components" VALUES(70,'pkg:npm/acorn-jsx@5.3.71_acorn%407.4.1',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(71,'pkg:npm/acorn-jsx@5.3.72_acorn%407.4.1',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(72,'pkg:npm/acorn-jsx@5.3.73_acorn%407.4.1',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(73,'pkg:npm/acorn-jsx@5.3.74_acorn%407.4.1',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(74,'pkg:npm/acorn-jsx@5.3.75_acorn%407.4.1',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(75,'pkg:npm/acorn-jsx@5.3.76_acorn%407.4.1',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(76,'pkg:npm/acorn-jsx@5.3.77_acorn%407.4.1',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(77,'pkg:npm/acorn-jsx@5.3.78_acorn%407.4.1',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(78,'pkg:npm/acorn-jsx@5.3.79_acorn%407.4.1',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(79,'pkg:npm/acorn-jsx@5.3.80_acorn%407.4.1',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(80,'pkg:npm/acorn-jsx@5.3.81_acorn%407.4.1',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(81,'pkg:npm/acorn-jsx@5.3.82_acorn%407.4.1',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(82,'pkg:npm/acorn-jsx@5.3.83_acorn%407.4.1',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(83,'pkg:npm/acorn-jsx@5.3.84_acorn%407.4.1',2,1782907200,1782907200,128);
INSERT INTO "components" VALUES(84,'pkg:rpm/rhel/openssl@1.1.85-6.el8',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(85,'pkg:rpm/rhel/openssl@1.1.86-6.el8',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(86,'pkg:rpm/rhel/openssl@1.1.87-6.el8',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(87,'pkg:rpm/rhel/openssl@1.1.88-6.el8',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(88,'pkg:rpm/rhel/openssl@1.1.89-6.el8',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(89,'pkg:rpm/rhel/openssl@1.1.90-6.el8',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(90,'pkg:rpm/rhel/openssl@1.1.91-6.el8',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(91,'pkg:rpm/rhel/openssl@1.1.92-6.el8',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(92,'pkg:rpm/rhel/openssl@1.1.93-6.el8',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(93,'pkg:rpm/rhel/openssl@1.1.94-6.el8',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(94,'pkg:rpm/rhel/openssl@1.1.95-6.el8',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(95,'pkg:rpm/rhel/openssl@1.1.96-6.el8',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(96,'pkg:rpm/rhel/openssl@1.1.97-6.el8',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(97,'pkg:rpm/rhel/openssl@1.1.98-6.el8',2,1782907200,1782907200,128);
INSERT INTO "components" VALUES(98,'pkg:gem/nokogiri@1.8.99-java',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(99,'pkg:gem/nokogiri@1.8.100-java',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(100,'pkg:gem/nokogiri@1.8.101-java',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(101,'pkg:gem/nokogiri@1.8.102-java',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(102,'pkg:gem/nokogiri@1.8.103-java',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(103,'pkg:gem/nokogiri@1.8.104-java',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(104,'pkg:gem/nokogiri@1.8.105-java',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(105,'pkg:gem/nokogiri@1.8.106-java',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(106,'pkg:gem/nokogiri@1.8.107-java',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(107,'pkg:gem/nokogiri@1.8.108-java',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(108,'pkg:gem/nokogiri@1.8.109-java',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(109,'pkg:gem/nokogiri@1.8.110-java',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(110,'pkg:gem/nokogiri@1.8.111-java',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(111,'pkg:gem/nokogiri@1.8.112-java',2,1782907200,1782907200,128);
INSERT INTO "components" VALUES(112,'pkg:npm/left-out@1.0.113',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(113,'pkg:npm/left-out@1.0.114',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(114,'pkg:npm/left-out@1.0.115',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(115,'pkg:npm/left-out@1.0.116',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(116,'pkg:npm/left-out@1.0.117',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(117,'pkg:npm/left-out@1.0.118',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(118,'pkg:npm/left-out@1.0.119',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(119,'pkg:npm/left-out@1.0.120',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(120,'pkg:npm/left-out@1.0.121',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(121,'pkg:npm/left-out@1.0.122',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(122,'pkg:npm/left-out@1.0.123',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(123,'pkg:npm/left-out@1.0.124',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(124,'pkg:npm/left-out@1.0.125',2,1782907200,1782907200,127);
INSERT INTO "components" VALUES(125,'pkg:npm/left-out@1.0.126',2,1782907200,1782907200,128);
CREATE TABLE findings (
	component_id INTEGER NOT NULL, 
	vulnerability_id TEXT NOT NULL, 
	CONSTRAINT pk_findings PRIMARY KEY (component_id, vulnerability_id), 
	CONSTRAINT fk_findings_component_id FOREIGN KEY(component_id) REFERENCES components (id), 
	CONSTRAINT fk_findings_vulnerability_id FOREIGN KEY(vulnerability_id) REFERENCES vulnerabilities (id)
)
 WITHOUT ROWID

;
INSERT INTO "findings" VALUES(0,'CVE-2026-1001');
INSERT INTO "findings" VALUES(1,'CVE-2026-1002');
INSERT INTO "findings" VALUES(2,'CVE-2026-1003');
INSERT INTO "findings" VALUES(3,'CVE-2026-1004');
INSERT INTO "findings" VALUES(4,'CVE-2026-1005');
INSERT INTO "findings" VALUES(5,'CVE-2026-1006');
INSERT INTO "findings" VALUES(6,'CVE-2026-1007');
INSERT INTO "findings" VALUES(7,'CVE-2026-1008');
INSERT INTO "findings" VALUES(8,'CVE-2026-1009');
INSERT INTO "findings" VALUES(9,'CVE-2026-1010');
INSERT INTO "findings" VALUES(10,'CVE-2026-1011');
INSERT INTO "findings" VALUES(11,'CVE-2026-1012');
INSERT INTO "findings" VALUES(12,'CVE-2026-1013');
INSERT INTO "findings" VALUES(13,'CVE-2026-1014');
INSERT INTO "findings" VALUES(14,'CVE-2026-1015');
INSERT INTO "findings" VALUES(15,'CVE-2026-1016');
INSERT INTO "findings" VALUES(16,'CVE-2026-1017');
INSERT INTO "findings" VALUES(17,'CVE-2026-1018');
INSERT INTO "findings" VALUES(18,'CVE-2026-1019');
INSERT INTO "findings" VALUES(19,'CVE-2026-1020');
INSERT INTO "findings" VALUES(20,'CVE-2026-1021');
INSERT INTO "findings" VALUES(21,'CVE-2026-1022');
INSERT INTO "findings" VALUES(22,'CVE-2026-1023');
INSERT INTO "findings" VALUES(23,'CVE-2026-1024');
INSERT INTO "findings" VALUES(24,'CVE-2026-1025');
INSERT INTO "findings" VALUES(25,'CVE-2026-1026');
INSERT INTO "findings" VALUES(26,'CVE-2026-1027');
INSERT INTO "findings" VALUES(27,'CVE-2026-1028');
INSERT INTO "findings" VALUES(28,'CVE-2026-1029');
INSERT INTO "findings" VALUES(29,'CVE-2026-1030');
INSERT INTO "findings" VALUES(30,'CVE-2026-1031');
INSERT INTO "findings" VALUES(31,'CVE-2026-1032');
INSERT INTO "findings" VALUES(32,'CVE-2026-1033');
INSERT INTO "findings" VALUES(33,'CVE-2026-1034');
INSERT INTO "findings" VALUES(34,'CVE-2026-1035');
INSERT INTO "findings" VALUES(35,'CVE-2026-1036');
INSERT INTO "findings" VALUES(36,'CVE-2026-1037');
INSERT INTO "findings" VALUES(37,'CVE-2026-1038');
INSERT INTO "findings" VALUES(38,'CVE-2026-1039');
INSERT INTO "findings" VALUES(39,'CVE-2026-1040');
INSERT INTO "findings" VALUES(40,'CVE-2026-1041');
INSERT INTO "findings" VALUES(41,'CVE-2026-1042');
INSERT INTO "findings" VALUES(42,'CVE-2026-1043');
INSERT INTO "findings" VALUES(43,'CVE-2026-1044');
INSERT INTO "findings" VALUES(44,'CVE-2026-1045');
INSERT INTO "findings" VALUES(45,'CVE-2026-1046');
INSERT INTO "findings" VALUES(46,'CVE-2026-1047');
INSERT INTO "findings" VALUES(47,'CVE-2026-1048');
INSERT INTO "findings" VALUES(48,'CVE-2026-1049');
INSERT INTO "findings" VALUES(49,'CVE-2026-1050');
INSERT INTO "findings" VALUES(50,'CVE-2026-1051');
INSERT INTO "findings" VALUES(51,'CVE-2026-1052');
INSERT INTO "findings" VALUES(52,'CVE-2026-1053');
INSERT INTO "findings" VALUES(53,'CVE-2026-1054');
INSERT INTO "findings" VALUES(54,'CVE-2026-1055');
INSERT INTO "findings" VALUES(55,'CVE-2026-1056');
INSERT INTO "findings" VALUES(56,'CVE-2026-1057');
INSERT INTO "findings" VALUES(57,'CVE-2026-1058');
INSERT INTO "findings" VALUES(58,'CVE-2026-1059');
INSERT INTO "findings" VALUES(59,'CVE-2026-1060');
INSERT INTO "findings" VALUES(60,'CVE-2026-1061');
INSERT INTO "findings" VALUES(61,'CVE-2026-1062');
INSERT INTO "findings" VALUES(62,'CVE-2026-1063');
INSERT INTO "findings" VALUES(63,'CVE-2026-1064');
INSERT INTO "findings" VALUES(64,'CVE-2026-1065');
INSERT INTO "findings" VALUES(65,'CVE-2026-1066');
INSERT INTO "findings" VALUES(66,'CVE-2026-1067');
INSERT INTO "findings" VALUES(67,'CVE-2026-1068');
INSERT INTO "findings" VALUES(68,'CVE-2026-1069');
INSERT INTO "findings" VALUES(69,'CVE-2026-1070');
INSERT INTO "findings" VALUES(70,'CVE-2026-1071');
INSERT INTO "findings" VALUES(71,'CVE-2026-1072');
INSERT INTO "findings" VALUES(72,'CVE-2026-1073');
INSERT INTO "findings" VALUES(73,'CVE-2026-1074');
INSERT INTO "findings" VALUES(74,'CVE-2026-1075');
INSERT INTO "findings" VALUES(75,'CVE-2026-1076');
INSERT INTO "findings" VALUES(76,'CVE-2026-1077');
INSERT INTO "findings" VALUES(77,'CVE-2026-1078');
INSERT INTO "findings" VALUES(78,'CVE-2026-1079');
INSERT INTO "findings" VALUES(79,'CVE-2026-1080');
INSERT INTO "findings" VALUES(80,'CVE-2026-1081');
INSERT INTO "findings" VALUES(81,'CVE-2026-1082');
INSERT INTO "findings" VALUES(82,'CVE-2026-1083');
INSERT INTO "findings" VALUES(83,'CVE-2026-1084');
INSERT INTO "findings" VALUES(84,'CVE-2026-1085');
INSERT INTO "findings" VALUES(85,'CVE-2026-1086');
INSERT INTO "findings" VALUES(86,'CVE-2026-1087');
INSERT INTO "findings" VALUES(87,'CVE-2026-1088');
INSERT INTO "findings" VALUES(88,'CVE-2026-1089');
INSERT INTO "findings" VALUES(89,'CVE-2026-1090');
INSERT INTO "findings" VALUES(90,'CVE-2026-1091');
INSERT INTO "findings" VALUES(91,'CVE-2026-1092');
INSERT INTO "findings" VALUES(92,'CVE-2026-1093');
INSERT INTO "findings" VALUES(93,'CVE-2026-1094');
INSERT INTO "findings" VALUES(94,'CVE-2026-1095');
INSERT INTO "findings" VALUES(95,'CVE-2026-1096');
INSERT INTO "findings" VALUES(96,'CVE-2026-1097');
INSERT INTO "findings" VALUES(97,'CVE-2026-1098');
INSERT INTO "findings" VALUES(98,'CVE-2026-1099');
INSERT INTO "findings" VALUES(99,'CVE-2026-1100');
INSERT INTO "findings" VALUES(100,'CVE-2026-1101');
INSERT INTO "findings" VALUES(101,'CVE-2026-1102');
INSERT INTO "findings" VALUES(102,'CVE-2026-1103');
INSERT INTO "findings" VALUES(103,'CVE-2026-1104');
INSERT INTO "findings" VALUES(104,'CVE-2026-1105');
INSERT INTO "findings" VALUES(105,'CVE-2026-1106');
INSERT INTO "findings" VALUES(106,'CVE-2026-1107');
INSERT INTO "findings" VALUES(107,'CVE-2026-1108');
INSERT INTO "findings" VALUES(108,'CVE-2026-1109');
INSERT INTO "findings" VALUES(109,'CVE-2026-1110');
INSERT INTO "findings" VALUES(110,'CVE-2026-1111');
INSERT INTO "findings" VALUES(111,'CVE-2026-1112');
INSERT INTO "findings" VALUES(112,'CVE-2026-1113');
INSERT INTO "findings" VALUES(113,'CVE-2026-1114');
INSERT INTO "findings" VALUES(114,'CVE-2026-1115');
INSERT INTO "findings" VALUES(115,'CVE-2026-1116');
INSERT INTO "findings" VALUES(116,'CVE-2026-1117');
INSERT INTO "findings" VALUES(117,'CVE-2026-1118');
INSERT INTO "findings" VALUES(118,'CVE-2026-1119');
INSERT INTO "findings" VALUES(119,'CVE-2026-1120');
INSERT INTO "findings" VALUES(120,'CVE-2026-1121');
INSERT INTO "findings" VALUES(121,'CVE-2026-1122');
INSERT INTO "findings" VALUES(122,'CVE-2026-1123');
INSERT INTO "findings" VALUES(123,'CVE-2026-1124');
INSERT INTO "findings" VALUES(124,'CVE-2026-1125');
INSERT INTO "findings" VALUES(125,'CVE-2026-1126');
CREATE TABLE identifiers (
	name TEXT NOT NULL, 
	vulnerability_id TEXT NOT NULL, 
	CONSTRAINT pk_identifiers PRIMARY KEY (name, vulnerability_id), 
	CONSTRAINT fk_identifiers_vulnerability_id FOREIGN KEY(vulnerability_id) REFERENCES vulnerabilities (id)
)
 WITHOUT ROWID

;
INSERT INTO "identifiers" VALUES('cve-2026-1001','CVE-2026-1001');
INSERT INTO "identifiers" VALUES('cve-2026-1002','CVE-2026-1002');
INSERT INTO "identifiers" VALUES('cve-2026-1003','CVE-2026-1003');
INSERT INTO "identifiers" VALUES('cve-2026-1004','CVE-2026-1004');
INSERT INTO "identifiers" VALUES('cve-2026-1005','CVE-2026-1005');
INSERT INTO "identifiers" VALUES('cve-2026-1006','CVE-2026-1006');
INSERT INTO "identifiers" VALUES('cve-2026-1007','CVE-2026-1007');
INSERT INTO "identifiers" VALUES('cve-2026-1008','CVE-2026-1008');
INSERT INTO "identifiers" VALUES('cve-2026-1009','CVE-2026-1009');
INSERT INTO "identifiers" VALUES('cve-2026-1010','CVE-2026-1010');
INSERT INTO "identifiers" VALUES('cve-2026-1011','CVE-2026-1011');
INSERT INTO "identifiers" VALUES('cve-2026-1012','CVE-2026-1012');
INSERT INTO "identifiers" VALUES('cve-2026-1013','CVE-2026-1013');
INSERT INTO "identifiers" VALUES('cve-2026-1014','CVE-2026-1014');
INSERT INTO "identifiers" VALUES('cve-2026-1015','CVE-2026-1015');
INSERT INTO "identifiers" VALUES('cve-2026-1016','CVE-2026-1016');
INSERT INTO "identifiers" VALUES('cve-2026-1017','CVE-2026-1017');
INSERT INTO "identifiers" VALUES('cve-2026-1018','CVE-2026-1018');
INSERT INTO "identifiers" VALUES('cve-2026-1019','CVE-2026-1019');
INSERT INTO "identifiers" VALUES('cve-2026-1020','CVE-2026-1020');
INSERT INTO "identifiers" VALUES('cve-2026-1021','CVE-2026-1021');
INSERT INTO "identifiers" VALUES('cve-2026-1022','CVE-2026-1022');
INSERT INTO "identifiers" VALUES('cve-2026-1023','CVE-2026-1023');
INSERT INTO "identifiers" VALUES('cve-2026-1024','CVE-2026-1024');
INSERT INTO "identifiers" VALUES('cve-2026-1025','CVE-2026-1025');
INSERT INTO "identifiers" VALUES('cve-2026-1026','CVE-2026-1026');
INSERT INTO "identifiers" VALUES('cve-2026-1027','CVE-2026-1027');
INSERT INTO "identifiers" VALUES('cve-2026-1028','CVE-2026-1028');
INSERT INTO "identifiers" VALUES('cve-2026-1029','CVE-2026-1029');
INSERT INTO "identifiers" VALUES('cve-2026-1030','CVE-2026-1030');
INSERT INTO "identifiers" VALUES('cve-2026-1031','CVE-2026-1031');
INSERT INTO "identifiers" VALUES('cve-2026-1032','CVE-2026-1032');
INSERT INTO "identifiers" VALUES('cve-2026-1033','CVE-2026-1033');
INSERT INTO "identifiers" VALUES('cve-2026-1034','CVE-2026-1034');
INSERT INTO "identifiers" VALUES('cve-2026-1035','CVE-2026-1035');
INSERT INTO "identifiers" VALUES('cve-2026-1036','CVE-2026-1036');
INSERT INTO "identifiers" VALUES('cve-2026-1037','CVE-2026-1037');
INSERT INTO "identifiers" VALUES('cve-2026-1038','CVE-2026-1038');
INSERT INTO "identifiers" VALUES('cve-2026-1039','CVE-2026-1039');
INSERT INTO "identifiers" VALUES('cve-2026-1040','CVE-2026-1040');
INSERT INTO "identifiers" VALUES('cve-2026-1041','CVE-2026-1041');
INSERT INTO "identifiers" VALUES('cve-2026-1042','CVE-2026-1042');
INSERT INTO "identifiers" VALUES('cve-2026-1043','CVE-2026-1043');
INSERT INTO "identifiers" VALUES('cve-2026-1044','CVE-2026-1044');
INSERT INTO "identifiers" VALUES('cve-2026-1045','CVE-2026-1045');
INSERT INTO "identifiers" VALUES('cve-2026-1046','CVE-2026-1046');
INSERT INTO "identifiers" VALUES('cve-2026-1047','CVE-2026-1047');
INSERT INTO "identifiers" VALUES('cve-2026-1048','CVE-2026-1048');
INSERT INTO "identifiers" VALUES('cve-2026-1049','CVE-2026-1049');
INSERT INTO "identifiers" VALUES('cve-2026-1050','CVE-2026-1050');
INSERT INTO "identifiers" VALUES('cve-2026-1051','CVE-2026-1051');
INSERT INTO "identifiers" VALUES('cve-2026-1052','CVE-2026-1052');
INSERT INTO "identifiers" VALUES('cve-2026-1053','CVE-2026-1053');
INSERT INTO "identifiers" VALUES('cve-2026-1054','CVE-2026-1054');
INSERT INTO "identifiers" VALUES('cve-2026-1055','CVE-2026-1055');
INSERT INTO "identifiers" VALUES('cve-2026-1056','CVE-2026-1056');
INSERT INTO "identifiers" VALUES('cve-2026-1057','CVE-2026-1057');
INSERT INTO "identifiers" VALUES('cve-2026-1058','CVE-2026-1058');
INSERT INTO "identifiers" VALUES('cve-2026-1059','CVE-2026-1059');
INSERT INTO "identifiers" VALUES('cve-2026-1060','CVE-2026-1060');
INSERT INTO "identifiers" VALUES('cve-2026-1061','CVE-2026-1061');
INSERT INTO "identifiers" VALUES('cve-2026-1062','CVE-2026-1062');
INSERT INTO "identifiers" VALUES('cve-2026-1063','CVE-2026-1063');
INSERT INTO "identifiers" VALUES('cve-2026-1064','CVE-2026-1064');
INSERT INTO "identifiers" VALUES('cve-2026-1065','CVE-2026-1065');
INSERT INTO "identifiers" VALUES('cve-2026-1066','CVE-2026-1066');
INSERT INTO "identifiers" VALUES('cve-2026-1067','CVE-2026-1067');
INSERT INTO "identifiers" VALUES('cve-2026-1068','CVE-2026-1068');
INSERT INTO "identifiers" VALUES('cve-2026-1069','CVE-2026-1069');
INSERT INTO "identifiers" VALUES('cve-2026-1070','CVE-2026-1070');
INSERT INTO "identifiers" VALUES('cve-2026-1071','CVE-2026-1071');
INSERT INTO "identifiers" VALUES('cve-2026-1072','CVE-2026-1072');
INSERT INTO "identifiers" VALUES('cve-2026-1073','CVE-2026-1073');
INSERT INTO "identifiers" VALUES('cve-2026-1074','CVE-2026-1074');
INSERT INTO "identifiers" VALUES('cve-2026-1075','CVE-2026-1075');
INSERT INTO "identifiers" VALUES('cve-2026-1076','CVE-2026-1076');
INSERT INTO "identifiers" VALUES('cve-2026-1077','CVE-2026-1077');
INSERT INTO "identifiers" VALUES('cve-2026-1078','CVE-2026-1078');
INSERT INTO "identifiers" VALUES('cve-2026-1079','CVE-2026-1079');
INSERT INTO "identifiers" VALUES('cve-2026-1080','CVE-2026-1080');
INSERT INTO "identifiers" VALUES('cve-2026-1081','CVE-2026-1081');
INSERT INTO "identifiers" VALUES('cve-2026-1082','CVE-2026-1082');
INSERT INTO "identifiers" VALUES('cve-2026-1083','CVE-2026-1083');
INSERT INTO "identifiers" VALUES('cve-2026-1084','CVE-2026-1084');
INSERT INTO "identifiers" VALUES('cve-2026-1085','CVE-2026-1085');
INSERT INTO "identifiers" VALUES('cve-2026-1086','CVE-2026-1086');
INSERT INTO "identifiers" VALUES('cve-2026-1087','CVE-2026-1087');
INSERT INTO "identifiers" VALUES('cve-2026-1088','CVE-2026-1088');
INSERT INTO "identifiers" VALUES('cve-2026-1089','CVE-2026-1089');
INSERT INTO "identifiers" VALUES('cve-2026-1090','CVE-2026-1090');
INSERT INTO "identifiers" VALUES('cve-2026-1091','CVE-2026-1091');
INSERT INTO "identifiers" VALUES('cve-2026-1092','CVE-2026-1092');
INSERT INTO "identifiers" VALUES('cve-2026-1093','CVE-2026-1093');
INSERT INTO "identifiers" VALUES('cve-2026-1094','CVE-2026-1094');
INSERT INTO "identifiers" VALUES('cve-2026-1095','CVE-2026-1095');
INSERT INTO "identifiers" VALUES('cve-2026-1096','CVE-2026-1096');
INSERT INTO "identifiers" VALUES('cve-2026-1097','CVE-2026-1097');
INSERT INTO "identifiers" VALUES('cve-2026-1098','CVE-2026-1098');
INSERT INTO "identifiers" VALUES('cve-2026-1099','CVE-2026-1099');
INSERT INTO "identifiers" VALUES('cve-2026-1100','CVE-2026-1100');
INSERT INTO "identifiers" VALUES('cve-2026-1101','CVE-2026-1101');
INSERT INTO "identifiers" VALUES('cve-2026-1102','CVE-2026-1102');
INSERT INTO "identifiers" VALUES('cve-2026-1103','CVE-2026-1103');
INSERT INTO "identifiers" VALUES('cve-2026-1104','CVE-2026-1104');
INSERT INTO "identifiers" VALUES('cve-2026-1105','CVE-2026-1105');
INSERT INTO "identifiers" VALUES('cve-2026-1106','CVE-2026-1106');
INSERT INTO "identifiers" VALUES('cve-2026-1107','CVE-2026-1107');
INSERT INTO "identifiers" VALUES('cve-2026-1108','CVE-2026-1108');
INSERT INTO "identifiers" VALUES('cve-2026-1109','CVE-2026-1109');
INSERT INTO "identifiers" VALUES('cve-2026-1110','CVE-2026-1110');
INSERT INTO "identifiers" VALUES('cve-2026-1111','CVE-2026-1111');
INSERT INTO "identifiers" VALUES('cve-2026-1112','CVE-2026-1112');
INSERT INTO "identifiers" VALUES('cve-2026-1113','CVE-2026-1113');
INSERT INTO "identifiers" VALUES('cve-2026-1114','CVE-2026-1114');
INSERT INTO "identifiers" VALUES('cve-2026-1115','CVE-2026-1115');
INSERT INTO "identifiers" VALUES('cve-2026-1116','CVE-2026-1116');
INSERT INTO "identifiers" VALUES('cve-2026-1117','CVE-2026-1117');
INSERT INTO "identifiers" VALUES('cve-2026-1118','CVE-2026-1118');
INSERT INTO "identifiers" VALUES('cve-2026-1119','CVE-2026-1119');
INSERT INTO "identifiers" VALUES('cve-2026-1120','CVE-2026-1120');
INSERT INTO "identifiers" VALUES('cve-2026-1121','CVE-2026-1121');
INSERT INTO "identifiers" VALUES('cve-2026-1122','CVE-2026-1122');
INSERT INTO "identifiers" VALUES('cve-2026-1123','CVE-2026-1123');
INSERT INTO "identifiers" VALUES('cve-2026-1124','CVE-2026-1124');
INSERT INTO "identifiers" VALUES('cve-2026-1125','CVE-2026-1125');
INSERT INTO "identifiers" VALUES('cve-2026-1126','CVE-2026-1126');
CREATE TABLE leases (
	name TEXT NOT NULL, 
	holder TEXT NOT NULL, 
	until BIGINT NOT NULL, 
	CONSTRAINT pk_leases PRIMARY KEY (name)
);
CREATE TABLE revision (
	id INTEGER NOT NULL, 
	value BIGINT NOT NULL, store TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_revision PRIMARY KEY (id), 
	CONSTRAINT ck_revision_single CHECK (id = 1)
);
INSERT INTO "revision" VALUES(1,131,'6e3e07d6b7f71511ed6a0a28c558e65e');
CREATE TABLE runs (
	id INTEGER NOT NULL, 
	started BIGINT NOT NULL, 
	finished BIGINT NOT NULL, 
	complete BOOLEAN NOT NULL, 
	report TEXT NOT NULL, 
	CONSTRAINT pk_runs PRIMARY KEY (id)
);
CREATE TABLE sboms (
	id INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	document_digest TEXT NOT NULL, 
	format TEXT NOT NULL, 
	version TEXT NOT NULL, 
	tool TEXT NOT NULL, 
	place TEXT NOT NULL, 
	added_at BIGINT NOT NULL, 
	component_ids BLOB NOT NULL, 
	skipped TEXT NOT NULL, 
	skipped_components TEXT NOT NULL, 
	revision BIGINT NOT NULL, 
	CONSTRAINT pk_sboms PRIMARY KEY (id), 
	CONSTRAINT uq_sboms_digest UNIQUE (digest, document_digest)
);
INSERT INTO "sboms" VALUES(1,'sha256:0000000000000000000000000000000000000000000000000000000000000001','sha256:0d804350a9285a2d7fe02be694d624ba1be6d039b129ad52c75eb87883ff69b8','cyclonedx-json','1.6','','added',1782907200000000,X'00000000','{}','[]',1);
INSERT INTO "sboms" VALUES(2,'sha256:0000000000000000000000000000000000000000000000000000000000000002','sha256:1aeecc1b694f5975930da400ca84750154caeeff92f6678db09e2db7d1f734f4','cyclonedx-json','1.6','','added',1782907200000000,X'01000000','{}','[]',2);
INSERT INTO "sboms" VALUES(3,'sha256:0000000000000000000000000000000000000000000000000000000000000003','sha256:9c60fdc20470db783113e36a5c39bb3a1bf175ba19d213fa328443442524203c','cyclonedx-json','1.6','','added',1782907200000000,X'02000000','{}','[]',3);
INSERT INTO "sboms" VALUES(4,'sha256:0000000000000000000000000000000000000000000000000000000000000004','sha256:f4f037ca72175f4af9d931399258a2b1ff4f06d1801118451dcd3b85bdd6ee32','cyclonedx-json','1.6','','added',1782907200000000,X'03000000','{}','[]',4);
INSERT INTO "sboms" VALUES(5,'sha256:0000000000000000000000000000000000000000000000000000000000000005','sha256:17b4582a497fca5be00d4a5f5cca13f8c27d59ad6adcceba47c2b3498f48431f','cyclonedx-json','1.6','','added',1782907200000000,X'04000000','{}','[]',5);
INSERT INTO "sboms" VALUES(6,'sha256:0000000000000000000000000000000000000000000000000000000000000006','sha256:5e5a2141b8e3ff4f30705216a571c59b3bc61a7143bda11e076c013f450971da','cyclonedx-json','1.6','','added',1782907200000000,X'05000000','{}','[]',6);
INSERT INTO "sboms" VALUES(7,'sha256:0000000000000000000000000000000000000000000000000000000000000007','sha256:9fa956b300d48e3aa847a4a6125a364591a5be554d72e9b72011715312c4e719','cyclonedx-json','1.6','','added',1782907200000000,X'06000000','{}','[]',7);
INSERT INTO "sboms" VALUES(8,'sha256:0000000000000000000000000000000000000000000000000000000000000008','sha256:6dd9d7117292c839941438c0be384c5b517398301343c2238b5b0e89b47adea7','cyclonedx-json','1.6','','added',1782907200000000,X'07000000','{}','[]',8);
INSERT INTO "sboms" VALUES(9,'sha256:0000000000000000000000000000000000000000000000000000000000000009','sha256:e05fe7496b5659eeae4303e9efb036bdce3920ba72d143bf265c2c51653cbcf4','cyclonedx-json','1.6','','added',1782907200000000,X'08000000','{}','[]',9);
INSERT INTO "sboms" VALUES(10,'sha256:000000000000000000000000000000000000000000000000000000000000000a','sha256:75969cafa9b5474440900b8ed0e62d10163cd15a4dc6319cc9b8f0604324b118','cyclonedx-json','1.6','','added',1782907200000000,X'09000000','{}','[]',10);
INSERT INTO "sboms" VALUES(11,'sha256:000000000000000000000000000000000000000000000000000000000000000b','sha256:028b9de102e0c6e628e73bcaef54932a4cf1dbf0a3f2443ea0e5f7a50ca2405e','cyclonedx-json','1.6','','added',1782907200000000,X'0A000000','{}','[]',11);
INSERT INTO "sboms" VALUES(12,'sha256:000000000000000000000000000000000000000000000000000000000000000c','sha256:2b6617a80ca2dcc279f2e872546686c71282fc2ac53aacca85fe92b9a6b864ce','cyclonedx-json','1.6','','added',1782907200000000,X'0B000000','{}','[]',12);
INSERT INTO "sboms" VALUES(13,'sha256:000000000000000000000000000000000000000000000000000000000000000d','sha256:0dc36338f32f0f4d28166b3b8dcd50dadceade85e24fd17fd8e342747980f19b','cyclonedx-json','1.6','','added',1782907200000000,X'0C000000','{}','[]',13);
INSERT INTO "sboms" VALUES(14,'sha256:000000000000000000000000000000000000000000000000000000000000000e','sha256:2d2c6660e96ef0bd24e62b3bf5728d3a5a92f3e9d94bdcb402ad2efd3370e793','cyclonedx-json','1.6','','added',1782907200000000,X'0D000000','{}','[]',14);
INSERT INTO "sboms" VALUES(15,'sha256:000000000000000000000000000000000000000000000000000000000000000f','sha256:fb195c5fe305b0ce1152ae8cb0115ee8f2cd5a9b33720fa1914e1ab726321667','cyclonedx-json','1.6','','added',1782907200000000,X'0E000000','{}','[]',15);
INSERT INTO "sboms" VALUES(16,'sha256:0000000000000000000000000000000000000000000000000000000000000010','sha256:d2c708f131d6af9aab18a258d3aca8feed64de89f5d0203afe80cef80d0eebd6','cyclonedx-json','1.6','','added',1782907200000000,X'0F000000','{}','[]',16);
INSERT INTO "sboms" VALUES(17,'sha256:0000000000000000000000000000000000000000000000000000000000000011','sha256:1fe79b5fd12faa88a4557415283179dad5a8852b77f230a21e1d7060cc5bf63f','cyclonedx-json','1.6','','added',1782907200000000,X'10000000','{}','[]',17);
INSERT INTO "sboms" VALUES(18,'sha256:0000000000000000000000000000000000000000000000000000000000000012','sha256:055339cebbedb223f74b52cac079a90124e1e6bb47c8ec46059da4e75bb4316b','cyclonedx-json','1.6','','added',1782907200000000,X'11000000','{}','[]',18);
INSERT INTO "sboms" VALUES(19,'sha256:0000000000000000000000000000000000000000000000000000000000000013','sha256:1ce9609f426b185a6bc3c713e787f9996d3a4c65167e65ceddad0cd3050c8af6','cyclonedx-json','1.6','','added',1782907200000000,X'12000000','{}','[]',19);
INSERT INTO "sboms" VALUES(20,'sha256:0000000000000000000000000000000000000000000000000000000000000014','sha256:04e1fd29f6063852394707431d17110938987e76d351d779a30d13e58a6ecd6f','cyclonedx-json','1.6','','added',1782907200000000,X'13000000','{}','[]',20);
INSERT INTO "sboms" VALUES(21,'sha256:0000000000000000000000000000000000000000000000000000000000000015','sha256:84677eee0e6e4e1f9fcc9dc4c8588e447bebd381922ef3e9c473c0e5aad0cc56','cyclonedx-json','1.6','','added',1782907200000000,X'14000000','{}','[]',21);
INSERT INTO "sboms" VALUES(22,'sha256:0000000000000000000000000000000000000000000000000000000000000016','sha256:e3d123490295bad778c0fac54bf1f0413936cda95f27e4b0c53c01251188fb08','cyclonedx-json','1.6','','added',1782907200000000,X'15000000','{}','[]',22);
INSERT INTO "sboms" VALUES(23,'sha256:0000000000000000000000000000000000000000000000000000000000000017','sha256:e588e4ebcb1f839f70715baf2022a59b6b5e0db8c082b35b3c5eab1adaf816e0','cyclonedx-json','1.6','','added',1782907200000000,X'16000000','{}','[]',23);
INSERT INTO "sboms" VALUES(24,'sha256:0000000000000000000000000000000000000000000000000000000000000018','sha256:679a3228182a5c3623b49f6b6ad9907fea4b2be36a4716bc55dcaa696c875490','cyclonedx-json','1.6','','added',1782907200000000,X'17000000','{}','[]',24);
INSERT INTO "sboms" VALUES(25,'sha256:0000000000000000000000000000000000000000000000000000000000000019','sha256:a58602aa92c47238ba7c338e977377e917693e2ec1d789c411ccc17cb56437cc','cyclonedx-json','1.6','','added',1782907200000000,X'18000000','{}','[]',25);
INSERT INTO "sboms" VALUES(26,'sha256:000000000000000000000000000000000000000000000000000000000000001a','sha256:a77b61108e098d4bae3404fc8f48be05aefa9f49108bedaa154255c81ba11822','cyclonedx-json','1.6','','added',1782907200000000,X'19000000','{}','[]',26);
INSERT INTO "sboms" VALUES(27,'sha256:000000000000000000000000000000000000000000000000000000000000001b','sha256:1c722e0e94939615ef8a693a94ab3df0aceb9e14b34b0de1e4503a3663e719da','cyclonedx-json','1.6','','added',1782907200000000,X'1A000000','{}','[]',27);
INSERT INTO "sboms" VALUES(28,'sha256:000000000000000000000000000000000000000000000000000000000000001c','sha256:e77978655ee6e54819e69f1139a52ddd912b2a9f61223d9102fe5ee8f945ed11','cyclonedx-json','1.6','','added',1782907200000000,X'1B000000','{}','[]',28);
INSERT INTO "sboms" VALUES(29,'sha256:000000000000000000000000000000000000000000000000000000000000001d','sha256:e28129ea20fffe45e88be0394904a626baf1d9c11ab3df427cd40a7f84e16247','cyclonedx-json','1.6','','added',1782907200000000,X'1C000000','{}','[]',29);
INSERT INTO "sboms" VALUES(30,'sha256:000000000000000000000000000000000000000000000000000000000000001e','sha256:d5e57eeef5e050d9385d4a55b783792d41cb0a7ef105ab4e7ec55e6a854e22a4','cyclonedx-json','1.6','','added',1782907200000000,X'1D000000','{}','[]',30);
INSERT INTO "sboms" VALUES(31,'sha256:000000000000000000000000000000000000000000000000000000000000001f','sha256:928395da9ce2d58972583c506707eec6b90a1aa588510cb8f117c99979590e1d','cyclonedx-json','1.6','','added',1782907200000000,X'1E000000','{}','[]',31);
INSERT INTO "sboms" VALUES(32,'sha256:0000000000000000000000000000000000000000000000000000000000000020','sha256:bea3b186c23d70ead27a837c8fb2a6f62ca4c645fb94f0ca3342d0f0c4b33f7d','cyclonedx-json','1.6','','added',1782907200000000,X'1F000000','{}','[]',32);
INSERT INTO "sboms" VALUES(33,'sha256:0000000000000000000000000000000000000000000000000000000000000021','sha256:4a5110879768eb3f63cb6c2b4e4505118d11095f5874dca4e1c88b4b02040deb','cyclonedx-json','1.6','','added',1782907200000000,X'20000000','{}','[]',33);
INSERT INTO "sboms" VALUES(34,'sha256:0000000000000000000000000000000000000000000000000000000000000022','sha256:6dd16549704513ee1b2638ebc3f1e674b538fa2f5f37596bfd2f7318c4f5162a','cyclonedx-json','1.6','','added',1782907200000000,X'21000000','{}','[]',34);
INSERT INTO "sboms" VALUES(35,'sha256:0000000000000000000000000000000000000000000000000000000000000023','sha256:ce0bf42c39e43fe376e0daa0e31f7baa14b12e461d4cb983d53fdb8185697d27','cyclonedx-json','1.6','','added',1782907200000000,X'22000000','{}','[]',35);
INSERT INTO "sboms" VALUES(36,'sha256:0000000000000000000000000000000000000000000000000000000000000024','sha256:2dadb6ae43a3849dbd51ea1542f6ddec7dbb454c35e184becc9cbfe9fa3fab55','cyclonedx-json','1.6','','added',1782907200000000,X'23000000','{}','[]',36);
INSERT INTO "sboms" VALUES(37,'sha256:0000000000000000000000000000000000000000000000000000000000000025','sha256:e31a98cfc29003896eecdb491dd4b2b894b0bd44f2f3ea9136560d0408656149','cyclonedx-json','1.6','','added',1782907200000000,X'24000000','{}','[]',37);
INSERT INTO "sboms" VALUES(38,'sha256:0000000000000000000000000000000000000000000000000000000000000026','sha256:af62050dd1586866a83fbd676a32e54626f6b2b39be5dfb1d6d8a4496be7eaf6','cyclonedx-json','1.6','','added',1782907200000000,X'25000000','{}','[]',38);
INSERT INTO "sboms" VALUES(39,'sha256:0000000000000000000000000000000000000000000000000000000000000027','sha256:d9a394c88ea3784c719340bedb8fce324a039a278b5f740b2324c54eecd0b1ce','cyclonedx-json','1.6','','added',1782907200000000,X'26000000','{}','[]',39);
INSERT INTO "sboms" VALUES(40,'sha256:0000000000000000000000000000000000000000000000000000000000000028','sha256:6c3ea5fd855ce40d3086a40f5470e9abb76226c162c4815b9d586b09e68ac727','cyclonedx-json','1.6','','added',1782907200000000,X'27000000','{}','[]',40);
INSERT INTO "sboms" VALUES(41,'sha256:0000000000000000000000000000000000000000000000000000000000000029','sha256:33e16010ebafc5d8065735a54900c8997052fe2977e99ff968196c5152514c2b','cyclonedx-json','1.6','','added',1782907200000000,X'28000000','{}','[]',41);
INSERT INTO "sboms" VALUES(42,'sha256:000000000000000000000000000000000000000000000000000000000000002a','sha256:bba201ae4c44db0d9ffb2849a4654626fc6b0f81933764789283b4180a141c79','cyclonedx-json','1.6','','added',1782907200000000,X'29000000','{}','[]',42);
INSERT INTO "sboms" VALUES(43,'sha256:000000000000000000000000000000000000000000000000000000000000002b','sha256:078a98120657a5f174b736e94c231714244a31caa8a39bd6375bc730e1ac201d','cyclonedx-json','1.6','','added',1782907200000000,X'2A000000','{}','[]',43);
INSERT INTO "sboms" VALUES(44,'sha256:000000000000000000000000000000000000000000000000000000000000002c','sha256:9c91e0b420b3b7460cfb2f6652f58cb8501f6873fe72e5e6df93cefd033081f2','cyclonedx-json','1.6','','added',1782907200000000,X'2B000000','{}','[]',44);
INSERT INTO "sboms" VALUES(45,'sha256:000000000000000000000000000000000000000000000000000000000000002d','sha256:fd513633f7ec1585037980ffe87b337338404fc90762678104e9c7e86a59fd36','cyclonedx-json','1.6','','added',1782907200000000,X'2C000000','{}','[]',45);
INSERT INTO "sboms" VALUES(46,'sha256:000000000000000000000000000000000000000000000000000000000000002e','sha256:0befc2ba168bf2a5c26cbc789db998ec7eba42344a7790ecfac2a2be4a889564','cyclonedx-json','1.6','','added',1782907200000000,X'2D000000','{}','[]',46);
INSERT INTO "sboms" VALUES(47,'sha256:000000000000000000000000000000000000000000000000000000000000002f','sha256:c761e7f7a3bbd61b8bcc05d002bca7547dd4fbb4a5e0652a813ddeb1ab52d983','cyclonedx-json','1.6','','added',1782907200000000,X'2E000000','{}','[]',47);
INSERT INTO "sboms" VALUES(48,'sha256:0000000000000000000000000000000000000000000000000000000000000030','sha256:da2696941ad95c3a6ed81999bc6dcc80507147d0bc039814ea8bfbaeca6b0bc2','cyclonedx-json','1.6','','added',1782907200000000,X'2F000000','{}','[]',48);
INSERT INTO "sboms" VALUES(49,'sha256:0000000000000000000000000000000000000000000000000000000000000031','sha256:8a03d3039f6f805f375ccda90bb6f5127c124118a45959d72535219681665d1a','cyclonedx-json','1.6','','added',1782907200000000,X'30000000','{}','[]',49);
INSERT INTO "sboms" VALUES(50,'sha256:0000000000000000000000000000000000000000000000000000000000000032','sha256:33fc96e71d84cb20d81c1c7401918eaf3ec893d936370dcc59f9be35d749e93b','cyclonedx-json','1.6','','added',1782907200000000,X'31000000','{}','[]',50);
INSERT INTO "sboms" VALUES(51,'sha256:0000000000000000000000000000000000000000000000000000000000000033','sha256:f530ed849bcc97169d5900008a3cac5b2dc0489191b56a1d1051fb13b338468e','cyclonedx-json','1.6','','added',1782907200000000,X'32000000','{}','[]',51);
INSERT INTO "sboms" VALUES(52,'sha256:0000000000000000000000000000000000000000000000000000000000000034','sha256:d994388fd308d84a8afabbaaf0f007dc4d74c261a7d29f8ccaf555af6dbdb5a5','cyclonedx-json','1.6','','added',1782907200000000,X'33000000','{}','[]',52);
INSERT INTO "sboms" VALUES(53,'sha256:0000000000000000000000000000000000000000000000000000000000000035','sha256:edb154715189d0f553df3b2b8b452f46b1784c94c4872bb114c7587ce77f8a82','cyclonedx-json','1.6','','added',1782907200000000,X'34000000','{}','[]',53);
INSERT INTO "sboms" VALUES(54,'sha256:0000000000000000000000000000000000000000000000000000000000000036','sha256:4ae8dd6f45004c14d5e19ad75b0aa4cab70839e868c89def9ba5139f9246ceb7','cyclonedx-json','1.6','','added',1782907200000000,X'35000000','{}','[]',54);
INSERT INTO "sboms" VALUES(55,'sha256:0000000000000000000000000000000000000000000000000000000000000037','sha256:ed3655cca9a7f089ca3b24d6d27a215874390a51ce0c5774884fbab6db0ed145','cyclonedx-json','1.6','','added',1782907200000000,X'36000000','{}','[]',55);
INSERT INTO "sboms" VALUES(56,'sha256:0000000000000000000000000000000000000000000000000000000000000038','sha256:cc531d2f81c9ff36ed7c7abe8865e7b662876e5d5e0790b733e9fc2c64ae5f49','cyclonedx-json','1.6','','added',1782907200000000,X'37000000','{}','[]',56);
INSERT INTO "sboms" VALUES(57,'sha256:0000000000000000000000000000000000000000000000000000000000000039','sha256:bc2b6fdc2711dcd8c6586e3260c0eb6dc9779d973f5e627915a9d7e6623b6033','cyclonedx-json','1.6','','added',1782907200000000,X'38000000','{}','[]',57);
INSERT INTO "sboms" VALUES(58,'sha256:000000000000000000000000000000000000000000000000000000000000003a','sha256:74c697eb08be01dcf7f5fec8bcdd300720332d3983f18a9d245cd663a1ef83ae','cyclonedx-json','1.6','','added',1782907200000000,X'39000000','{}','[]',58);
INSERT INTO "sboms" VALUES(59,'sha256:000000000000000000000000000000000000000000000000000000000000003b','sha256:80d02d0627b43f6730db89b9e2f8e2136f7211547893221c91e4f2b5c8b70593','cyclonedx-json','1.6','','added',1782907200000000,X'3A000000','{}','[]',59);
INSERT INTO "sboms" VALUES(60,'sha256:000000000000000000000000000000000000000000000000000000000000003c','sha256:b96bfc9579f9ad160a9848ebd7fa39e5986f7b1843b7e9852e35d7584900e36e','cyclonedx-json','1.6','','added',1782907200000000,X'3B000000','{}','[]',60);
INSERT INTO "sboms" VALUES(61,'sha256:000000000000000000000000000000000000000000000000000000000000003d','sha256:374e39df27da6c3dc453fef5ee95f751b3b14ced40a845df4a97bc4a96dd8c43','cyclonedx-json','1.6','','added',1782907200000000,X'3C000000','{}','[]',61);
INSERT INTO "sboms" VALUES(62,'sha256:000000000000000000000000000000000000000000000000000000000000003e','sha256:9dde20a1e30da405c99eaac7d16b629e77b26196658761b53441d6fa6bd506c8','cyclonedx-json','1.6','','added',1782907200000000,X'3D000000','{}','[]',62);
INSERT INTO "sboms" VALUES(63,'sha256:000000000000000000000000000000000000000000000000000000000000003f','sha256:153c557bedec586debe98a157f9d6ef7f808ae87a262e32d3e7bf933461056af','cyclonedx-json','1.6','','added',1782907200000000,X'3E000000','{}','[]',63);
INSERT INTO "sboms" VALUES(64,'sha256:0000000000000000000000000000000000000000000000000000000000000040','sha256:4e37fe455238f21bb6828b7c8f682e857249689acea5c5f596cf789f73e00920','cyclonedx-json','1.6','','added',1782907200000000,X'3F000000','{}','[]',64);
INSERT INTO "sboms" VALUES(65,'sha256:0000000000000000000000000000000000000000000000000000000000000041','sha256:40c943307cafed9cece31064f206627470b40651f76e82d0d2d3bc9b51b19b43','cyclonedx-json','1.6','','added',1782907200000000,X'40000000','{}','[]',65);
INSERT INTO "sboms" VALUES(66,'sha256:0000000000000000000000000000000000000000000000000000000000000042','sha256:d418b2bd4fbf380c052d7b455ca761d051acdcc9c60ca94a2fafacb7ff1adef8','cyclonedx-json','1.6','','added',1782907200000000,X'41000000','{}','[]',66);
INSERT INTO "sboms" VALUES(67,'sha256:0000000000000000000000000000000000000000000000000000000000000043','sha256:4754a726bdc4eb682c43cea9ca8ac3a193e81d405fc3c1233d63404377f31696','cyclonedx-json','1.6','','added',1782907200000000,X'42000000','{}','[]',67);
INSERT INTO "sboms" VALUES(68,'sha256:0000000000000000000000000000000000000000000000000000000000000044','sha256:c94f34baebfba2f698f67f68d826bd1d0fb79c1928362efe93c18bf71ad192c9','cyclonedx-json','1.6','','added',1782907200000000,X'43000000','{}','[]',68);
INSERT INTO "sboms" VALUES(69,'sha256:0000000000000000000000000000000000000000000000000000000000000045','sha256:fdbcc66e084711e26ece2bcb0bce98dc02f758c4b68bf621faa45324b59f736c','cyclonedx-json','1.6','','added',1782907200000000,X'44000000','{}','[]',69);
INSERT INTO "sboms" VALUES(70,'sha256:0000000000000000000000000000000000000000000000000000000000000046','sha256:d45dd2efe7c1555dae27e9b4ff9d9bf0df2fbd1c50f36eeee22dae7c62278517','cyclonedx-json','1.6','','added',1782907200000000,X'45000000','{}','[]',70);
INSERT INTO "sboms" VALUES(71,'sha256:0000000000000000000000000000000000000000000000000000000000000047','sha256:2dbf4046c23dce83beca1a5b11664cb45f1d5feca992d429594cd3a8b7fc7ce8','cyclonedx-json','1.6','','added',1782907200000000,X'46000000','{}','[]',71);
INSERT INTO "sboms" VALUES(72,'sha256:0000000000000000000000000000000000000000000000000000000000000048','sha256:d6b3d74fec52a0ec3fc05bbe56d3a3716f2817eaabf77488771601990aa031e4','cyclonedx-json','1.6','','added',1782907200000000,X'47000000','{}','[]',72);
INSERT INTO "sboms" VALUES(73,'sha256:0000000000000000000000000000000000000000000000000000000000000049','sha256:ad7fd01f487222fad59a32ddd6a780b3079bb770e6bd61a3103fb9af3411f7eb','cyclonedx-json','1.6','','added',1782907200000000,X'48000000','{}','[]',73);
INSERT INTO "sboms" VALUES(74,'sha256:000000000000000000000000000000000000000000000000000000000000004a','sha256:c4736f456c7db1c6b1e25cd05633186943c50917d30f3417e47be09d0389fc8d','cyclonedx-json','1.6','','added',1782907200000000,X'49000000','{}','[]',74);
INSERT INTO "sboms" VALUES(75,'sha256:000000000000000000000000000000000000000000000000000000000000004b','sha256:931e5311c9a9dd6c75a96dda1566cc5a0f85ab920d5e718812a2cdfd66bde96a','cyclonedx-json','1.6','','added',1782907200000000,X'4A000000','{}','[]',75);
INSERT INTO "sboms" VALUES(76,'sha256:000000000000000000000000000000000000000000000000000000000000004c','sha256:79d99d1fcc405a615bcf8be5d21357a1d9178b2a655cd8fb814b2c040b4dbab8','cyclonedx-json','1.6','','added',1782907200000000,X'4B000000','{}','[]',76);
INSERT INTO "sboms" VALUES(77,'sha256:000000000000000000000000000000000000000000000000000000000000004d','sha256:814ed5da93151aef5019316bb4039cbcf45c66f00c0d0b32514388e0d24d8380','cyclonedx-json','1.6','','added',1782907200000000,X'4C000000','{}','[]',77);
INSERT INTO "sboms" VALUES(78,'sha256:000000000000000000000000000000000000000000000000000000000000004e','sha256:46cf5830514b3a282b413ef25cc503af8c5011125fee0d2d0b19b839356f0b1c','cyclonedx-json','1.6','','added',1782907200000000,X'4D000000','{}','[]',78);
INSERT INTO "sboms" VALUES(79,'sha256:000000000000000000000000000000000000000000000000000000000000004f','sha256:4fbe5915c409e8a2e8540aac5d3168ed4ceca7f7d73f18c271c8262734b24f7e','cyclonedx-json','1.6','','added',1782907200000000,X'4E000000','{}','[]',79);
INSERT INTO "sboms" VALUES(80,'sha256:0000000000000000000000000000000000000000000000000000000000000050','sha256:51062d6025dd284ae81300590b6d67d7c46b4e38d368d78e3d028a040feac3a5','cyclonedx-json','1.6','','added',1782907200000000,X'4F000000','{}','[]',80);
INSERT INTO "sboms" VALUES(81,'sha256:0000000000000000000000000000000000000000000000000000000000000051','sha256:0dc07188b884671adc5116d5ee7e7c89381c4a10bf489792bbd1be4b788f3c70','cyclonedx-json','1.6','','added',1782907200000000,X'50000000','{}','[]',81);
INSERT INTO "sboms" VALUES(82,'sha256:0000000000000000000000000000000000000000000000000000000000000052','sha256:a8aac252e32c691fa3eeac452f162bb714461e3ff2a0f335527a3f3807cc3b86','cyclonedx-json','1.6','','added',1782907200000000,X'51000000','{}','[]',82);
INSERT INTO "sboms" VALUES(83,'sha256:0000000000000000000000000000000000000000000000000000000000000053','sha256:45f246510f9358dee9d6ba76e099be1c01d5f5bba5891bd92909066101cd97c1','cyclonedx-json','1.6','','added',1782907200000000,X'52000000','{}','[]',83);
INSERT INTO "sboms" VALUES(84,'sha256:0000000000000000000000000000000000000000000000000000000000000054','sha256:3e4691e95604fdc96cec1bb522fd9bbb3062dfac4b904230d6425b3bdc903672','cyclonedx-json','1.6','','added',1782907200000000,X'53000000','{}','[]',84);
INSERT INTO "sboms" VALUES(85,'sha256:0000000000000000000000000000000000000000000000000000000000000055','sha256:de23b54681908b2da5769bc5616d30421a18f0a4eb6d8946121fed9f4d8e4798','cyclonedx-json','1.6','','added',1782907200000000,X'54000000','{}','[]',85);
INSERT INTO "sboms" VALUES(86,'sha256:0000000000000000000000000000000000000000000000000000000000000056','sha256:bbcd391798e1a54a07ed815b66e5ed5848bf527123c41c439c424f193550e0eb','cyclonedx-json','1.6','','added',1782907200000000,X'55000000','{}','[]',86);
INSERT INTO "sboms" VALUES(87,'sha256:0000000000000000000000000000000000000000000000000000000000000057','sha256:ce04c1c37d192e30dd259f2d02771b5eed415abda089b5e28dcbd82c37836318','cyclonedx-json','1.6','','added',1782907200000000,X'56000000','{}','[]',87);
INSERT INTO "sboms" VALUES(88,'sha256:0000000000000000000000000000000000000000000000000000000000000058','sha256:49f7a4a44b362885de978016156e53bc62140c136452d88242369e5552c7752a','cyclonedx-json','1.6','','added',1782907200000000,X'57000000','{}','[]',88);
INSERT INTO "sboms" VALUES(89,'sha256:0000000000000000000000000000000000000000000000000000000000000059','sha256:184860a9ff1b4f247fb8f5691f26a7311e6adea190bdd3740cad4335032d0de1','cyclonedx-json','1.6','','added',1782907200000000,X'58000000','{}','[]',89);
INSERT INTO "sboms" VALUES(90,'sha256:000000000000000000000000000000000000000000000000000000000000005a','sha256:7e349c09b00a328b5d2e9dc714d7e2d6ef3fe3b3ec8d18d9a322f25d1468975b','cyclonedx-json','1.6','','added',1782907200000000,X'59000000','{}','[]',90);
INSERT INTO "sboms" VALUES(91,'sha256:000000000000000000000000000000000000000000000000000000000000005b','sha256:a444304b3ae85ae0cd2270abc4aedaa7d596449f5cc2e42daa97f867e0f7e39b','cyclonedx-json','1.6','','added',1782907200000000,X'5A000000','{}','[]',91);
INSERT INTO "sboms" VALUES(92,'sha256:000000000000000000000000000000000000000000000000000000000000005c','sha256:cf036815d543ee2451c1b8acfd4223dc59bc91ba68ef7aa0614d78be05b922f5','cyclonedx-json','1.6','','added',1782907200000000,X'5B000000','{}','[]',92);
INSERT INTO "sboms" VALUES(93,'sha256:000000000000000000000000000000000000000000000000000000000000005d','sha256:1b3be2a4b9ef90d206c057c196617ce7553023b04bc28973625fa14fa55a3b7b','cyclonedx-json','1.6','','added',1782907200000000,X'5C000000','{}','[]',93);
INSERT INTO "sboms" VALUES(94,'sha256:000000000000000000000000000000000000000000000000000000000000005e','sha256:8745946fee3d4ade5dafa9a71cac54930ba8a52a10b7aef8c5443779330b080e','cyclonedx-json','1.6','','added',1782907200000000,X'5D000000','{}','[]',94);
INSERT INTO "sboms" VALUES(95,'sha256:000000000000000000000000000000000000000000000000000000000000005f','sha256:6d278a14975ed15bc0a608a8167756e6c25398ebc69a5f755f62e2e14f206923','cyclonedx-json','1.6','','added',1782907200000000,X'5E000000','{}','[]',95);
INSERT INTO "sboms" VALUES(96,'sha256:0000000000000000000000000000000000000000000000000000000000000060','sha256:3bc0f51473890ce47ffa3aed4dcb596fa5e97cb53caeb9227c9fadaa00889324','cyclonedx-json','1.6','','added',1782907200000000,X'5F000000','{}','[]',96);
INSERT INTO "sboms" VALUES(97,'sha256:0000000000000000000000000000000000000000000000000000000000000061','sha256:20b69586998faaea21eddf636410191e291d7c8e167dc496e992b8887d4b298b','cyclonedx-json','1.6','','added',1782907200000000,X'60000000','{}','[]',97);
INSERT INTO "sboms" VALUES(98,'sha256:0000000000000000000000000000000000000000000000000000000000000062','sha256:f0934e083cd21dbb024b5282843831ddcc82ea141b9972ca4e179a005dab1b41','cyclonedx-json','1.6','','added',1782907200000000,X'61000000','{}','[]',98);
INSERT INTO "sboms" VALUES(99,'sha256:0000000000000000000000000000000000000000000000000000000000000063','sha256:19830e40be3983897fcd830a1faf7fd7a97bd2dccf8bfda3866300a918ab7f11','cyclonedx-json','1.6','','added',1782907200000000,X'62000000','{}','[]',99);
INSERT INTO "sboms" VALUES(100,'sha256:0000000000000000000000000000000000000000000000000000000000000064','sha256:41f51f18a58603966a01f17912547b38caa2539042c67e6c44970f7db3cb9d40','cyclonedx-json','1.6','','added',1782907200000000,X'63000000','{}','[]',100);
INSERT INTO "sboms" VALUES(101,'sha256:0000000000000000000000000000000000000000000000000000000000000065','sha256:8d4a64681e861e514667c5bff9345d38ee654544beccd4f1bfb3a787909849a0','cyclonedx-json','1.6','','added',1782907200000000,X'64000000','{}','[]',101);
INSERT INTO "sboms" VALUES(102,'sha256:0000000000000000000000000000000000000000000000000000000000000066','sha256:c4761e8668bbb8f14604b027f20f3e812208a9f7d7e5a4daca917548c65fb5c6','cyclonedx-json','1.6','','added',1782907200000000,X'65000000','{}','[]',102);
INSERT INTO "sboms" VALUES(103,'sha256:0000000000000000000000000000000000000000000000000000000000000067','sha256:b7ea6de3199167c42de81d51a6e53f87ebca937587b1893181279b724275eb50','cyclonedx-json','1.6','','added',1782907200000000,X'66000000','{}','[]',103);
INSERT INTO "sboms" VALUES(104,'sha256:0000000000000000000000000000000000000000000000000000000000000068','sha256:7f446eb4c74079b6e2e6264c3a63dcc831332fa832d106a419380a743b9b8a66','cyclonedx-json','1.6','','added',1782907200000000,X'67000000','{}','[]',104);
INSERT INTO "sboms" VALUES(105,'sha256:0000000000000000000000000000000000000000000000000000000000000069','sha256:6b2d6fe3b09fded4e58c07e934f8cb11ed24f0fa58e649beb68cb9e2b3c75494','cyclonedx-json','1.6','','added',1782907200000000,X'68000000','{}','[]',105);
INSERT INTO "sboms" VALUES(106,'sha256:000000000000000000000000000000000000000000000000000000000000006a','sha256:69e8bc7342591d94ae06ff21ea6e82241a2720d8276cbd6ea1cbfa51b73290e5','cyclonedx-json','1.6','','added',1782907200000000,X'69000000','{}','[]',106);
INSERT INTO "sboms" VALUES(107,'sha256:000000000000000000000000000000000000000000000000000000000000006b','sha256:680e9aba88b731494326b1f95483329e6bc793725ebfe107f681a5c2d1647b82','cyclonedx-json','1.6','','added',1782907200000000,X'6A000000','{}','[]',107);
INSERT INTO "sboms" VALUES(108,'sha256:000000000000000000000000000000000000000000000000000000000000006c','sha256:7c0ee6804f4d234d0a4e3722f3d2fbe3f49d1e6da50f15e891ca1de5cae6ed19','cyclonedx-json','1.6','','added',1782907200000000,X'6B000000','{}','[]',108);
INSERT INTO "sboms" VALUES(109,'sha256:000000000000000000000000000000000000000000000000000000000000006d','sha256:6bf772a1985e06c7210249d07ffea1fdf5e50d68be9774044a8577ed688d32fd','cyclonedx-json','1.6','','added',1782907200000000,X'6C000000','{}','[]',109);
INSERT INTO "sboms" VALUES(110,'sha256:000000000000000000000000000000000000000000000000000000000000006e','sha256:333a916269e32062fdca09006fce4bec4d9b900a059fed6cdea8ce2a6ee58796','cyclonedx-json','1.6','','added',1782907200000000,X'6D000000','{}','[]',110);
INSERT INTO "sboms" VALUES(111,'sha256:000000000000000000000000000000000000000000000000000000000000006f','sha256:ad3cce062cf1a2afa62761d2bc4afb3781cffced812654eb765d7ebb3a742854','cyclonedx-json','1.6','','added',1782907200000000,X'6E000000','{}','[]',111);
INSERT INTO "sboms" VALUES(112,'sha256:0000000000000000000000000000000000000000000000000000000000000070','sha256:96abb76696b3224c5b99018a05e72513b7ccf112e99dae6ba68a301e9c767d2a','cyclonedx-json','1.6','','added',1782907200000000,X'6F000000','{}','[]',112);
INSERT INTO "sboms" VALUES(113,'sha256:0000000000000000000000000000000000000000000000000000000000000071','sha256:b78b25892c00b4cbf78e791972f1336536ecd9de44b18e81447a31d771815c1c','cyclonedx-json','1.6','','added',1782907200000000,X'70000000','{}','[]',113);
INSERT INTO "sboms" VALUES(114,'sha256:0000000000000000000000000000000000000000000000000000000000000072','sha256:22f22220b1ee422b5cc772f678f2fe76470d2453d95b7427aac27bb1665f3106','cyclonedx-json','1.6','','added',1782907200000000,X'71000000','{}','[]',114);
INSERT INTO "sboms" VALUES(115,'sha256:0000000000000000000000000000000000000000000000000000000000000073','sha256:c198ed6b367c6b06bb6fc7f801b8a8419b615c38ffecc16cdcb47030c54ecb0e','cyclonedx-json','1.6','','added',1782907200000000,X'72000000','{}','[]',115);
INSERT INTO "sboms" VALUES(116,'sha256:0000000000000000000000000000000000000000000000000000000000000074','sha256:af415cfb5f8210b3ab513e1386bec367f3a60c7bb4d82c93ef189a08fd08e1f4','cyclonedx-json','1.6','','added',1782907200000000,X'73000000','{}','[]',116);
INSERT INTO "sboms" VALUES(117,'sha256:0000000000000000000000000000000000000000000000000000000000000075','sha256:e5d9ddbfe66a75ac795b26394adb3bc5a528c6b8ac385dbd02c7803b62ca1ab7','cyclonedx-json','1.6','','added',1782907200000000,X'74000000','{}','[]',117);
INSERT INTO "sboms" VALUES(118,'sha256:0000000000000000000000000000000000000000000000000000000000000076','sha256:42deb530e7ad5f94c8790e0003a6c63802220fe9f2d339e61352d94df5bd72ad','cyclonedx-json','1.6','','added',1782907200000000,X'75000000','{}','[]',118);
INSERT INTO "sboms" VALUES(119,'sha256:0000000000000000000000000000000000000000000000000000000000000077','sha256:f92360808ca02bdb1f8b60161f082f91a36775b8125b8fc68c26a9066a3ba102','cyclonedx-json','1.6','','added',1782907200000000,X'76000000','{}','[]',119);
INSERT INTO "sboms" VALUES(120,'sha256:0000000000000000000000000000000000000000000000000000000000000078','sha256:1ceaa5271faa065ff2302ec16235fbaeb7312ec1eef9535ff2cc93a5edaa2671','cyclonedx-json','1.6','','added',1782907200000000,X'77000000','{}','[]',120);
INSERT INTO "sboms" VALUES(121,'sha256:0000000000000000000000000000000000000000000000000000000000000079','sha256:6425c42299671d343aed0f7e21c3c7688402e5d6cfc42495cee2d02ca70bd6c9','cyclonedx-json','1.6','','added',1782907200000000,X'78000000','{}','[]',121);
INSERT INTO "sboms" VALUES(122,'sha256:000000000000000000000000000000000000000000000000000000000000007a','sha256:3702371b2564db7227e87645cb773154c177ca0196c6bdf1b1faeabfa33c2533','cyclonedx-json','1.6','','added',1782907200000000,X'79000000','{}','[]',122);
INSERT INTO "sboms" VALUES(123,'sha256:000000000000000000000000000000000000000000000000000000000000007b','sha256:8853a24c0272b0bfaaba9ae95dd2ac9c3b31c0cb42e0d22e01dbcc3a05cc44f9','cyclonedx-json','1.6','','added',1782907200000000,X'7A000000','{}','[]',123);
INSERT INTO "sboms" VALUES(124,'sha256:000000000000000000000000000000000000000000000000000000000000007c','sha256:b1fec9ebff8c0a7b208eed797fcf6b529d6ff29ded70cc2c253e28294f008a17','cyclonedx-json','1.6','','added',1782907200000000,X'7B000000','{}','[]',124);
INSERT INTO "sboms" VALUES(125,'sha256:000000000000000000000000000000000000000000000000000000000000007d','sha256:6657600f2139fe04efd859c94b9bc24dd26f0bcaef88a476c59cc622b667bdea','cyclonedx-json','1.6','','added',1782907200000000,X'7C000000','{}','[]',125);
INSERT INTO "sboms" VALUES(126,'sha256:000000000000000000000000000000000000000000000000000000000000007e','sha256:bbfcbbcca090ff60c562202f57aa174310d17f5bc5e146758bc633303783dbf7','cyclonedx-json','1.6','','added',1782907200000000,X'7D000000','{}','[]',126);
CREATE TABLE searches (
	"key" TEXT NOT NULL, 
	holder TEXT NOT NULL, 
	until BIGINT NOT NULL, 
	status TEXT, 
	detail TEXT NOT NULL, 
	CONSTRAINT pk_searches PRIMARY KEY ("key")
);
CREATE TABLE sightings (
	name TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	last_seen BIGINT NOT NULL, 
	last_refused BIGINT, 
	CONSTRAINT pk_sightings PRIMARY KEY (name, digest)
)
 WITHOUT ROWID

;
CREATE TABLE tags (
	name TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	revision BIGINT NOT NULL, 
	CONSTRAINT pk_tags PRIMARY KEY (name)
);
INSERT INTO "tags" VALUES('registry.example/shop/image-1:1','sha256:0000000000000000000000000000000000000000000000000000000000000001',1);
INSERT INTO "tags" VALUES('registry.example/shop/image-2:1','sha256:0000000000000000000000000000000000000000000000000000000000000002',2);
INSERT INTO "tags" VALUES('registry.example/shop/image-3:1','sha256:0000000000000000000000000000000000000000000000000000000000000003',3);
INSERT INTO "tags" VALUES('registry.example/shop/image-4:1','sha256:0000000000000000000000000000000000000000000000000000000000000004',4);
INSERT INTO "tags" VALUES('registry.example/shop/image-5:1','sha256:0000000000000000000000000000000000000000000000000000000000000005',5);
INSERT INTO "tags" VALUES('registry.example/shop/image-6:1','sha256:0000000000000000000000000000000000000000000000000000000000000006',6);
INSERT INTO "tags" VALUES('registry.example/shop/image-7:1','sha256:0000000000000000000000000000000000000000000000000000000000000007',7);
INSERT INTO "tags" VALUES('registry.example/shop/image-8:1','sha256:0000000000000000000000000000000000000000000000000000000000000008',8);
INSERT INTO "tags" VALUES('registry.example/shop/image-9:1','sha256:0000000000000000000000000000000000000000000000000000000000000009',9);
INSERT INTO "tags" VALUES('registry.example/shop/image-10:1','sha256:000000000000000000000000000000000000000000000000000000000000000a',10);
INSERT INTO "tags" VALUES('registry.example/shop/image-11:1','sha256:000000000000000000000000000000000000000000000000000000000000000b',11);
INSERT INTO "tags" VALUES('registry.example/shop/image-12:1','sha256:000000000000000000000000000000000000000000000000000000000000000c',12);
INSERT INTO "tags" VALUES('registry.example/shop/image-13:1','sha256:000000000000000000000000000000000000000000000000000000000000000d',13);
INSERT INTO "tags" VALUES('registry.example/shop/image-14:1','sha256:000000000000000000000000000000000000000000000000000000000000000e',14);
INSERT INTO "tags" VALUES('registry.example/shop/image-15:1','sha256:000000000000000000000000000000000000000000000000000000000000000f',15);
INSERT INTO "tags" VALUES('registry.example/shop/image-16:1','sha256:0000000000000000000000000000000000000000000000000000000000000010',16);
INSERT INTO "tags" VALUES('registry.example/shop/image-17:1','sha256:0000000000000000000000000000000000000000000000000000000000000011',17);
INSERT INTO "tags" VALUES('registry.example/shop/image-18:1','sha256:0000000000000000000000000000000000000000000000000000000000000012',18);
INSERT INTO "tags" VALUES('registry.example/shop/image-19:1','sha256:0000000000000000000000000000000000000000000000000000000000000013',19);
INSERT INTO "tags" VALUES('registry.example/shop/image-20:1','sha256:0000000000000000000000000000000000000000000000000000000000000014',20);
INSERT INTO "tags" VALUES('registry.example/shop/image-21:1','sha256:0000000000000000000000000000000000000000000000000000000000000015',21);
INSERT INTO "tags" VALUES('registry.example/shop/image-22:1','sha256:0000000000000000000000000000000000000000000000000000000000000016',22);
INSERT INTO "tags" VALUES('registry.example/shop/image-23:1','sha256:0000000000000000000000000000000000000000000000000000000000000017',23);
INSERT INTO "tags" VALUES('registry.example/shop/image-24:1','sha256:0000000000000000000000000000000000000000000000000000000000000018',24);
INSERT INTO "tags" VALUES('registry.example/shop/image-25:1','sha256:0000000000000000000000000000000000000000000000000000000000000019',25);
INSERT INTO "tags" VALUES('registry.example/shop/image-26:1','sha256:000000000000000000000000000000000000000000000000000000000000001a',26);
INSERT INTO "tags" VALUES('registry.example/shop/image-27:1','sha256:000000000000000000000000000000000000000000000000000000000000001b',27);
INSERT INTO "tags" VALUES('registry.example/shop/image-28:1','sha256:000000000000000000000000000000000000000000000000000000000000001c',28);
INSERT INTO "tags" VALUES('registry.example/shop/image-29:1','sha256:000000000000000000000000000000000000000000000000000000000000001d',29);
INSERT INTO "tags" VALUES('registry.example/shop/image-30:1','sha256:000000000000000000000000000000000000000000000000000000000000001e',30);
INSERT INTO "tags" VALUES('registry.example/shop/image-31:1','sha256:000000000000000000000000000000000000000000000000000000000000001f',31);
INSERT INTO "tags" VALUES('registry.example/shop/image-32:1','sha256:0000000000000000000000000000000000000000000000000000000000000020',32);
INSERT INTO "tags" VALUES('registry.example/shop/image-33:1','sha256:0000000000000000000000000000000000000000000000000000000000000021',33);
INSERT INTO "tags" VALUES('registry.example/shop/image-34:1','sha256:0000000000000000000000000000000000000000000000000000000000000022',34);
INSERT INTO "tags" VALUES('registry.example/shop/image-35:1','sha256:0000000000000000000000000000000000000000000000000000000000000023',35);
INSERT INTO "tags" VALUES('registry.example/shop/image-36:1','sha256:0000000000000000000000000000000000000000000000000000000000000024',36);
INSERT INTO "tags" VALUES('registry.example/shop/image-37:1','sha256:0000000000000000000000000000000000000000000000000000000000000025',37);
INSERT INTO "tags" VALUES('registry.example/shop/image-38:1','sha256:0000000000000000000000000000000000000000000000000000000000000026',38);
INSERT INTO "tags" VALUES('registry.example/shop/image-39:1','sha256:0000000000000000000000000000000000000000000000000000000000000027',39);
INSERT INTO "tags" VALUES('registry.example/shop/image-40:1','sha256:0000000000000000000000000000000000000000000000000000000000000028',40);
INSERT INTO "tags" VALUES('registry.example/shop/image-41:1','sha256:0000000000000000000000000000000000000000000000000000000000000029',41);
INSERT INTO "tags" VALUES('registry.example/shop/image-42:1','sha256:000000000000000000000000000000000000000000000000000000000000002a',42);
INSERT INTO "tags" VALUES('registry.example/shop/image-43:1','sha256:000000000000000000000000000000000000000000000000000000000000002b',43);
INSERT INTO "tags" VALUES('registry.example/shop/image-44:1','sha256:000000000000000000000000000000000000000000000000000000000000002c',44);
INSERT INTO "tags" VALUES('registry.example/shop/image-45:1','sha256:000000000000000000000000000000000000000000000000000000000000002d',45);
INSERT INTO "tags" VALUES('registry.example/shop/image-46:1','sha256:000000000000000000000000000000000000000000000000000000000000002e',46);
INSERT INTO "tags" VALUES('registry.example/shop/image-47:1','sha256:000000000000000000000000000000000000000000000000000000000000002f',47);
INSERT INTO "tags" VALUES('registry.example/shop/image-48:1','sha256:0000000000000000000000000000000000000000000000000000000000000030',48);
INSERT INTO "tags" VALUES('registry.example/shop/image-49:1','sha256:0000000000000000000000000000000000000000000000000000000000000031',49);
INSERT INTO "tags" VALUES('registry.example/shop/image-50:1','sha256:0000000000000000000000000000000000000000000000000000000000000032',50);
INSERT INTO "tags" VALUES('registry.example/shop/image-51:1','sha256:0000000000000000000000000000000000000000000000000000000000000033',51);
INSERT INTO "tags" VALUES('registry.example/shop/image-52:1','sha256:0000000000000000000000000000000000000000000000000000000000000034',52);
INSERT INTO "tags" VALUES('registry.example/shop/image-53:1','sha256:0000000000000000000000000000000000000000000000000000000000000035',53);
INSERT INTO "tags" VALUES('registry.example/shop/image-54:1','sha256:0000000000000000000000000000000000000000000000000000000000000036',54);
INSERT INTO "tags" VALUES('registry.example/shop/image-55:1','sha256:0000000000000000000000000000000000000000000000000000000000000037',55);
INSERT INTO "tags" VALUES('registry.example/shop/image-56:1','sha256:0000000000000000000000000000000000000000000000000000000000000038',56);
INSERT INTO "tags" VALUES('registry.example/shop/image-57:1','sha256:0000000000000000000000000000000000000000000000000000000000000039',57);
INSERT INTO "tags" VALUES('registry.example/shop/image-58:1','sha256:000000000000000000000000000000000000000000000000000000000000003a',58);
INSERT INTO "tags" VALUES('registry.example/shop/image-59:1','sha256:000000000000000000000000000000000000000000000000000000000000003b',59);
INSERT INTO "tags" VALUES('registry.example/shop/image-60:1','sha256:000000000000000000000000000000000000000000000000000000000000003c',60);
INSERT INTO "tags" VALUES('registry.example/shop/image-61:1','sha256:000000000000000000000000000000000000000000000000000000000000003d',61);
INSERT INTO "tags" VALUES('registry.example/shop/image-62:1','sha256:000000000000000000000000000000000000000000000000000000000000003e',62);
INSERT INTO "tags" VALUES('registry.example/shop/image-63:1','sha256:000000000000000000000000000000000000000000000000000000000000003f',63);
INSERT INTO "tags" VALUES('registry.example/shop/image-64:1','sha256:0000000000000000000000000000000000000000000000000000000000000040',64);
INSERT INTO "tags" VALUES('registry.example/shop/image-65:1','sha256:0000000000000000000000000000000000000000000000000000000000000041',65);
INSERT INTO "tags" VALUES('registry.example/shop/image-66:1','sha256:0000000000000000000000000000000000000000000000000000000000000042',66);
INSERT INTO "tags" VALUES('registry.example/shop/image-67:1','sha256:0000000000000000000000000000000000000000000000000000000000000043',67);
INSERT INTO "tags" VALUES('registry.example/shop/image-68:1','sha256:0000000000000000000000000000000000000000000000000000000000000044',68);
INSERT INTO "tags" VALUES('registry.example/shop/image-69:1','sha256:0000000000000000000000000000000000000000000000000000000000000045',69);
INSERT INTO "tags" VALUES('registry.example/shop/image-70:1','sha256:0000000000000000000000000000000000000000000000000000000000000046',70);
INSERT INTO "tags" VALUES('registry.example/shop/image-71:1','sha256:0000000000000000000000000000000000000000000000000000000000000047',71);
INSERT INTO "tags" VALUES('registry.example/shop/image-72:1','sha256:0000000000000000000000000000000000000000000000000000000000000048',72);
INSERT INTO "tags" VALUES('registry.example/shop/image-73:1','sha256:0000000000000000000000000000000000000000000000000000000000000049',73);
INSERT INTO "tags" VALUES('registry.example/shop/image-74:1','sha256:000000000000000000000000000000000000000000000000000000000000004a',74);
INSERT INTO "tags" VALUES('registry.example/shop/image-75:1','sha256:000000000000000000000000000000000000000000000000000000000000004b',75);
INSERT INTO "tags" VALUES('registry.example/shop/image-76:1','sha256:000000000000000000000000000000000000000000000000000000000000004c',76);
INSERT INTO "tags" VALUES('registry.example/shop/image-77:1','sha256:000000000000000000000000000000000000000000000000000000000000004d',77);
INSERT INTO "tags" VALUES('registry.example/shop/image-78:1','sha256:000000000000000000000000000000000000000000000000000000000000004e',78);
INSERT INTO "tags" VALUES('registry.example/shop/image-79:1','sha256:000000000000000000000000000000000000000000000000000000000000004f',79);
INSERT INTO "tags" VALUES('registry.example/shop/image-80:1','sha256:0000000000000000000000000000000000000000000000000000000000000050',80);
INSERT INTO "tags" VALUES('registry.example/shop/image-81:1','sha256:0000000000000000000000000000000000000000000000000000000000000051',81);
INSERT INTO "tags" VALUES('registry.example/shop/image-82:1','sha256:0000000000000000000000000000000000000000000000000000000000000052',82);
INSERT INTO "tags" VALUES('registry.example/shop/image-83:1','sha256:0000000000000000000000000000000000000000000000000000000000000053',83);
INSERT INTO "tags" VALUES('registry.example/shop/image-84:1','sha256:0000000000000000000000000000000000000000000000000000000000000054',84);
INSERT INTO "tags" VALUES('registry.example/shop/image-85:1','sha256:0000000000000000000000000000000000000000000000000000000000000055',85);
INSERT INTO "tags" VALUES('registry.example/shop/image-86:1','sha256:0000000000000000000000000000000000000000000000000000000000000056',86);
INSERT INTO "tags" VALUES('registry.example/shop/image-87:1','sha256:0000000000000000000000000000000000000000000000000000000000000057',87);
INSERT INTO "tags" VALUES('registry.example/shop/image-88:1','sha256:0000000000000000000000000000000000000000000000000000000000000058',88);
INSERT INTO "tags" VALUES('registry.example/shop/image-89:1','sha256:0000000000000000000000000000000000000000000000000000000000000059',89);
INSERT INTO "tags" VALUES('registry.example/shop/image-90:1','sha256:000000000000000000000000000000000000000000000000000000000000005a',90);
INSERT INTO "tags" VALUES('registry.example/shop/image-91:1','sha256:000000000000000000000000000000000000000000000000000000000000005b',91);
INSERT INTO "tags" VALUES('registry.example/shop/image-92:1','sha256:000000000000000000000000000000000000000000000000000000000000005c',92);
INSERT INTO "tags" VALUES('registry.example/shop/image-93:1','sha256:000000000000000000000000000000000000000000000000000000000000005d',93);
INSERT INTO "tags" VALUES('registry.example/shop/image-94:1','sha256:000000000000000000000000000000000000000000000000000000000000005e',94);
INSERT INTO "tags" VALUES('registry.example/shop/image-95:1','sha256:000000000000000000000000000000000000000000000000000000000000005f',95);
INSERT INTO "tags" VALUES('registry.example/shop/image-96:1','sha256:0000000000000000000000000000000000000000000000000000000000000060',96);
INSERT INTO "tags" VALUES('registry.example/shop/image-97:1','sha256:0000000000000000000000000000000000000000000000000000000000000061',97);
INSERT INTO "tags" VALUES('registry.example/shop/image-98:1','sha256:0000000000000000000000000000000000000000000000000000000000000062',98);
INSERT INTO "tags" VALUES('registry.example/shop/image-99:1','sha256:0000000000000000000000000000000000000000000000000000000000000063',99);
INSERT INTO "tags" VALUES('registry.example/shop/image-100:1','sha256:0000000000000000000000000000000000000000000000000000000000000064',100);
INSERT INTO "tags" VALUES('registry.example/shop/image-101:1','sha256:0000000000000000000000000000000000000000000000000000000000000065',101);
INSERT INTO "tags" VALUES('registry.example/shop/image-102:1','sha256:0000000000000000000000000000000000000000000000000000000000000066',102);
INSERT INTO "tags" VALUES('registry.example/shop/image-103:1','sha256:0000000000000000000000000000000000000000000000000000000000000067',103);
INSERT INTO "tags" VALUES('registry.example/shop/image-104:1','sha256:0000000000000000000000000000000000000000000000000000000000000068',104);
INSERT INTO "tags" VALUES('registry.example/shop/image-105:1','sha256:0000000000000000000000000000000000000000000000000000000000000069',105);
INSERT INTO "tags" VALUES('registry.example/shop/image-106:1','sha256:000000000000000000000000000000000000000000000000000000000000006a',106);
INSERT INTO "tags" VALUES('registry.example/shop/image-107:1','sha256:000000000000000000000000000000000000000000000000000000000000006b',107);
INSERT INTO "tags" VALUES('registry.example/shop/image-108:1','sha256:000000000000000000000000000000000000000000000000000000000000006c',108);
INSERT INTO "tags" VALUES('registry.example/shop/image-109:1','sha256:000000000000000000000000000000000000000000000000000000000000006d',109);
INSERT INTO "tags" VALUES('registry.example/shop/image-110:1','sha256:000000000000000000000000000000000000000000000000000000000000006e',110);
INSERT INTO "tags" VALUES('registry.example/shop/image-111:1','sha256:000000000000000000000000000000000000000000000000000000000000006f',111);
INSERT INTO "tags" VALUES('registry.example/shop/image-112:1','sha256:0000000000000000000000000000000000000000000000000000000000000070',112);
INSERT INTO "tags" VALUES('registry.example/shop/image-113:1','sha256:0000000000000000000000000000000000000000000000000000000000000071',113);
INSERT INTO "tags" VALUES('registry.example/shop/image-114:1','sha256:0000000000000000000000000000000000000000000000000000000000000072',114);
INSERT INTO "tags" VALUES('registry.example/shop/image-115:1','sha256:0000000000000000000000000000000000000000000000000000000000000073',115);
INSERT INTO "tags" VALUES('registry.example/shop/image-116:1','sha256:0000000000000000000000000000000000000000000000000000000000000074',116);
INSERT INTO "tags" VALUES('registry.example/shop/image-117:1','sha256:0000000000000000000000000000000000000000000000000000000000000075',117);
INSERT INTO "tags" VALUES('registry.example/shop/image-118:1','sha256:0000000000000000000000000000000000000000000000000000000000000076',118);
INSERT INTO "tags" VALUES('registry.example/shop/image-119:1','sha256:0000000000000000000000000000000000000000000000000000000000000077',119);
INSERT INTO "tags" VALUES('registry.example/shop/image-120:1','sha256:0000000000000000000000000000000000000000000000000000000000000078',120);
INSERT INTO "tags" VALUES('registry.example/shop/image-121:1','sha256:0000000000000000000000000000000000000000000000000000000000000079',121);
INSERT INTO "tags" VALUES('registry.example/shop/image-122:1','sha256:000000000000000000000000000000000000000000000000000000000000007a',122);
INSERT INTO "tags" VALUES('registry.example/shop/image-123:1','sha256:000000000000000000000000000000000000000000000000000000000000007b',123);
INSERT INTO "tags" VALUES('registry.example/shop/image-124:1','sha256:000000000000000000000000000000000000000000000000000000000000007c',124);
INSERT INTO "tags" VALUES('registry.example/shop/image-125:1','sha256:000000000000000000000000000000000000000000000000000000000000007d',125);
INSERT INTO "tags" VALUES('registry.example/shop/image-126:1','sha256:000000000000000000000000000000000000000000000000000000000000007e',126);
CREATE TABLE vulnerabilities (
	id TEXT NOT NULL, 
	title TEXT NOT NULL, 
	description TEXT NOT NULL, 
	cvss_score VARCHAR, 
	cvss_vector TEXT, 
	cwe TEXT, 
	reference TEXT NOT NULL, 
	source TEXT NOT NULL, 
	aliases TEXT NOT NULL, 
	external_references TEXT NOT NULL, 
	first_seen BIGINT NOT NULL, 
	revision BIGINT NOT NULL, 
	CONSTRAINT pk_vulnerabilities PRIMARY KEY (id)
);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1001','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1002','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1003','a flaw','','5.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1004','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1005','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1006','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1007','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1008','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1009','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1010','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1011','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1012','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1013','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1015','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1016','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1017','a flaw','','5.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1018','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1019','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1020','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1021','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1022','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1023','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1024','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1025','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1026','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1027','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1029','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1030','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1031','a flaw','','5.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1032','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1033','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1034','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1035','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1036','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1037','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1038','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1039','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1040','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1041','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1043','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1044','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1045','a flaw','','5.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1046','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1047','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1048','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1049','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1050','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1051','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1052','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1053','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1054','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1055','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1057','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1058','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1059','a flaw','','5.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1060','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1061','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1062','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1063','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1064','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1065','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1066','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1067','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1068','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1069','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1071','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1072','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1073','a flaw','','5.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1074','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1075','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1076','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1077','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1078','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1079','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1080','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1081','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1082','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1083','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1085','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1086','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1087','a flaw','','5.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1088','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1089','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1090','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1091','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1092','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1093','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1094','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1095','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1096','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1097','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1099','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1100','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1101','a flaw','','5.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1102','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1103','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1104','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1105','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1106','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1107','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1108','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1109','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1110','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1111','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1113','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1114','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1115','a flaw','','5.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1116','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1117','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1118','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1119','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1120','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1121','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1122','a flaw','','9.8',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1123','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1124','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1125','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,127);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1014','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,128);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1028','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,128);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1042','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,128);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1056','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,128);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1070','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,128);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1084','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,128);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1098','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,128);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1112','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,128);
INSERT INTO "vulnerabilities" VALUES('CVE-2026-1126','a flaw','','2.0',NULL,NULL,'','ossindex','[]','[]',1782907200000000,128);
CREATE INDEX ix_components_revision ON components (revision);
CREATE INDEX ix_vulnerabilities_revision ON vulnerabilities (revision);
CREATE INDEX ix_identifiers_vulnerability_id ON identifiers (vulnerability_id);
CREATE INDEX ix_findings_vulnerability_id ON findings (vulnerability_id);
CREATE INDEX ix_assessments_vulnerability ON assessments (vulnerability);
CREATE INDEX ix_assessments_source ON assessments (source);
CREATE INDEX ix_assessments_revision ON assessments (revision);
CREATE INDEX ix_sboms_revision ON sboms (revision);
CREATE INDEX ix_tags_digest ON tags (digest);
CREATE INDEX ix_tags_revision ON tags (revision);
CREATE TRIGGER assessments_update BEFORE UPDATE ON assessments
BEGIN SELECT RAISE(ABORT, 'assessments are append-only'); END;
CREATE TRIGGER assessments_delete BEFORE DELETE ON assessments
BEGIN SELECT RAISE(ABORT, 'assessments are append-only'); END;
CREATE INDEX ix_assessment_types_revision ON assessment_types (revision);
COMMIT;
