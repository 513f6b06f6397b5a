BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE audit_log (
	seq INTEGER NOT NULL, 
	ts BIGINT NOT NULL, 
	subject TEXT NOT NULL, 
	roles TEXT NOT NULL, 
	action TEXT NOT NULL, 
	target TEXT NOT NULL, 
	"before" TEXT NOT NULL, 
	"after" TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	result TEXT NOT NULL, 
	trace_id TEXT NOT NULL, 
	prev_hash TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	CONSTRAINT pk_audit_log PRIMARY KEY (seq), 
	CONSTRAINT uq_audit_log_prev_hash UNIQUE (prev_hash), 
	CONSTRAINT uq_audit_log_hash UNIQUE (hash), 
	CONSTRAINT ck_audit_log_seq CHECK (seq >= 1)
);
INSERT INTO "audit_log" VALUES(1,1795913103868595046,'anonymous','admin,finance,operator,risk,viewer','pool.create','BTCUSDT-PERP','','{"balance":false,"cancel_reserve_pct":"25","capital_usdt":"0","check_staleness":true,"enabled":false,"estimators":"needed","ewma_half_life_seconds":"60","fair_price":"microprice","fill_window_seconds":"10","fills_in_window_max":0,"gamma":"0.05","kappa":"60","level_spacing_bps":"1","market_data_halt_seconds":"30","max_consumer_lag_ms":"0","max_drawdown_pct":"0","max_messages_per_second":100,"max_order_value_usdt":"0","max_pool_loss_usdt":"2000","max_pool_position_usdt":"60000","max_spread_bps":"30","members":[],"min_edge_bps":"0","min_spread_bps":"1","num_levels":1,"order_size_usdt":"4000","price_collar_bps":"500","price_threshold_bps":"2","quote_interval_ms":"1000","rate_limit_errors_max":0,"rate_limit_window_seconds":"60","rebalance_threshold_pct":"10","rebalance_urgent_pct":"50","reduce_only_at_pct":"80","reject_storm_count":10,"staleness_threshold_ms":"2000","strategy":"avellaneda_stoikov","strategy_params":{},"symbol":"BTCUSDT-PERP","target_spread_bps":"0","target_uptime_pct":"95","tau":"1.0","use_cascade":false,"use_funding":false,"use_impact":false,"use_inventory_gamma":false,"use_kappa":"configured","use_toxicity":false,"venue":"sandbox","version":1,"vol_lookback_seconds":60,"volatility":"realised","warmup_samples":20,"warmup_trades":50,"warmup_volume_ticks":20}','','done','b8bfe0e5aaef8c08431312ee4f13e4c8','','a7169b41abb27970f8b86871fed1b1a4c6af6a3fb3c88a8324893267bc32a861');
INSERT INTO "audit_log" VALUES(2,1795913103968167006,'anonymous','admin,finance,operator,risk,viewer','participant.enroll','4e98851e-a759-4308-af5d-8acb43ef7ec5','','{"account_id":"account-acme","created_at":1795913103953910566,"display_name":"acme","enrolled_by":"ops","initial_margin_usdt":"100000","max_drawdown_pct":"20","notes":"","participant_id":"4e98851e-a759-4308-af5d-8acb43ef7ec5","revenue_model":"PERCENTAGE_SPLIT","revenue_share_pct":"20","status":"PENDING","tier":"TIER_1","updated_at":1795913103953910566,"user_id":"user-acme","version":1}','','done','0acd89f25d4a3fbc8171564d4df301ed','a7169b41abb27970f8b86871fed1b1a4c6af6a3fb3c88a8324893267bc32a861','b629f0fb79b44b9750b1e2c283e7daf4480cf027cf1acd72201715ece6d1935a');
INSERT INTO "audit_log" VALUES(3,1795913104105516453,'anonymous','admin,finance,operator,risk,viewer','participant.activate','4e98851e-a759-4308-af5d-8acb43ef7ec5','{"account_id":"account-acme","created_at":1795913103953910566,"display_name":"acme","enrolled_by":"ops","initial_margin_usdt":"100000","max_drawdown_pct":"20","notes":"","participant_id":"4e98851e-a759-4308-af5d-8acb43ef7ec5","revenue_model":"PERCENTAGE_SPLIT","revenue_share_pct":"20","status":"PENDING","tier":"TIER_1","updated_at":1795913103953910566,"user_id":"user-acme","version":1}','{"account_id":"account-acme","created_at":1795913103953910566,"display_name":"acme","enrolled_by":"ops","initial_margin_usdt":"100000","max_drawdown_pct":"20","notes":"","participant_id":"4e98851e-a759-4308-af5d-8acb43ef7ec5","revenue_model":"PERCENTAGE_SPLIT","revenue_share_pct":"20","status":"ACTIVE","tier":"TIER_1","updated_at":1795913104075151881,"user_id":"user-acme","version":2}','','done','39e937594f47c0daf1218beab795e5f9','b629f0fb79b44b9750b1e2c283e7daf4480cf027cf1acd72201715ece6d1935a','7c8e25be87124432e9fbc7aa6164390422c686016907d7032787bbc9ef810668');
INSERT INTO "audit_log" VALUES(4,1795913104300508556,'anonymous','admin,finance,operator,risk,viewer','member.add','BTCUSDT-PERP/4e98851e-a759-4308-af5d-8acb43ef7ec5','','{"active":true,"capital_weight_pct":"50","max_loss_usdt":"1000","participant_id":"4e98851e-a759-4308-af5d-8acb43ef7ec5","position_limit_usdt":"30000"}','','done','c01a578de7febd00103907d71c49b8b4','7c8e25be87124432e9fbc7aa6164390422c686016907d7032787bbc9ef810668','4d1425c52cc28e46209bcfb0f2167e6ed994eb15640dc588e474b83d81e7fd21');
INSERT INTO "audit_log" VALUES(5,1795913104495238933,'anonymous','admin,finance,operator,risk,viewer','participant.enroll','0760a61e-6244-48c7-934f-6cc727c9188a','','{"account_id":"account-beta","created_at":1795913104458295042,"display_name":"beta","enrolled_by":"ops","initial_margin_usdt":"100000","max_drawdown_pct":"20","notes":"","participant_id":"0760a61e-6244-48c7-934f-6cc727c9188a","revenue_model":"PERCENTAGE_SPLIT","revenue_share_pct":"20","status":"PENDING","tier":"TIER_1","updated_at":1795913104458295042,"user_id":"user-beta","version":1}','','done','7b75990c6090fbdef31b460bc9d42bfd','4d1425c52cc28e46209bcfb0f2167e6ed994eb15640dc588e474b83d81e7fd21','f55efe1da9befe138e39381b1391af38c60c1e17f70a8ab5b2958406c02b6f93');
INSERT INTO "audit_log" VALUES(6,1795913104642378489,'anonymous','admin,finance,operator,risk,viewer','participant.activate','0760a61e-6244-48c7-934f-6cc727c9188a','{"account_id":"account-beta","created_at":1795913104458295042,"display_name":"beta","enrolled_by":"ops","initial_margin_usdt":"100000","max_drawdown_pct":"20","notes":"","participant_id":"0760a61e-6244-48c7-934f-6cc727c9188a","revenue_model":"PERCENTAGE_SPLIT","revenue_share_pct":"20","status":"PENDING","tier":"TIER_1","updated_at":1795913104458295042,"user_id":"user-beta","version":1}','{"account_id":"account-beta","created_at":1795913104458295042,"display_name":"beta","enrolled_by":"ops","initial_margin_usdt":"100000","max_drawdown_pct":"20","notes":"","participant_id":"0760a61e-6244-48c7-934f-6cc727c9188a","revenue_model":"PERCENTAGE_SPLIT","revenue_share_pct":"20","status":"ACTIVE","tier":"TIER_1","updated_at":1795913104639967926,"user_id":"user-beta","version":2}','','done','c09197fd0e15d2fb3995f54ceb0b4054','f55efe1da9befe138e39381b1391af38c60c1e17f70a8ab5b2958406c02b6f93','4eb8c6e0573e1919d7ec449726703fc8b4bded30e7266c22f8b0ecf250240abc');
INSERT INTO "audit_log" VALUES(7,1795913104730341289,'anonymous','admin,finance,operator,risk,viewer','member.add','BTCUSDT-PERP/0760a61e-6244-48c7-934f-6cc727c9188a','','{"active":true,"capital_weight_pct":"50","max_loss_usdt":"1000","participant_id":"0760a61e-6244-48c7-934f-6cc727c9188a","position_limit_usdt":"30000"}','','done','ecdca13a3441c89fff171f2cc20cd1e1','4eb8c6e0573e1919d7ec449726703fc8b4bded30e7266c22f8b0ecf250240abc','edc38640beab90d5d677345dac2ed8a8e910166ce2e7a52b3898586bcb36cdd5');
INSERT INTO "audit_log" VALUES(8,1795913106147744762,'anonymous','admin,finance,operator,risk,viewer','pool.enable','BTCUSDT-PERP','','{"reason":"enabled","state":"ACTIVE"}','enabled','done','7c7d029b99b84c0d15a063cb51cf598a','edc38640beab90d5d677345dac2ed8a8e910166ce2e7a52b3898586bcb36cdd5','8c2e265cb90b63c32c70991018fe164d4e76dbcf3765e07fcbfadb3e6bdf1838');
INSERT INTO "audit_log" VALUES(9,1795913131367633339,'anonymous','admin,finance,operator,risk,viewer','emergency.flatten','BTCUSDT-PERP','{"reason":"enabled","state":"ACTIVE"}','{"reason":"end","state":"PAUSED"}','end','done','f0a6a75d983cf64a5086005163a457c1','8c2e265cb90b63c32c70991018fe164d4e76dbcf3765e07fcbfadb3e6bdf1838','a4bdbe6cf7657b6ffbaf1b7c67955bbbe0440522649c9b4003c5fea78eeeac87');
INSERT INTO "audit_log" VALUES(10,1795913131367962374,'anonymous','admin,finance,operator,risk,viewer','emergency.flatten','all pools','','','end','done','f0a6a75d983cf64a5086005163a457c1','a4bdbe6cf7657b6ffbaf1b7c67955bbbe0440522649c9b4003c5fea78eeeac87','7ea42340333fc0ff1a33a9b85a755f4f31384382ce5c3ba4bd443f1fd89687fd');
CREATE TABLE idempotency_keys (
	subject TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	status BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	answer BLOB NOT NULL, 
	CONSTRAINT pk_idempotency_keys PRIMARY KEY (subject, "key")
);
CREATE TABLE mm_activity (
	hour BIGINT NOT NULL, 
	symbol TEXT NOT NULL, 
	participant_id TEXT NOT NULL, 
	side TEXT NOT NULL, 
	level BIGINT NOT NULL, 
	config_version BIGINT NOT NULL, 
	fills BIGINT NOT NULL, 
	priced BIGINT NOT NULL, 
	marked BIGINT NOT NULL, 
	volume_base TEXT NOT NULL, 
	volume_quote TEXT NOT NULL, 
	fees TEXT NOT NULL, 
	realised TEXT NOT NULL, 
	edge TEXT NOT NULL, 
	adverse TEXT NOT NULL, 
	CONSTRAINT pk_mm_activity PRIMARY KEY (hour, symbol, participant_id, side, level, config_version), 
	CONSTRAINT fk_mm_activity_participant_id FOREIGN KEY(participant_id) REFERENCES mm_participants (participant_id), 
	CONSTRAINT ck_mm_activity_side CHECK (side IN ('BUY', 'SELL'))
);
INSERT INTO "mm_activity" VALUES(1795910400000000000,'BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a','SELL',0,3,3,3,0,'0.040','3999.9160','-0.199995800','0','0.38600','0');
INSERT INTO "mm_activity" VALUES(1795910400000000000,'BTCUSDT-PERP','4e98851e-a759-4308-af5d-8acb43ef7ec5','SELL',0,3,2,2,0,'0.039','3899.9101','-0.194995505','0','0.37215','0');
INSERT INTO "mm_activity" VALUES(1795910400000000000,'BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a','BUY',0,3,1,1,0,'0.020','1999.7580','-0.0999879','0.0400','0.06100','0');
INSERT INTO "mm_activity" VALUES(1795910400000000000,'BTCUSDT-PERP','4e98851e-a759-4308-af5d-8acb43ef7ec5','BUY',0,3,1,1,0,'0.020','1999.7580','-0.0999879','0.0400','0.06100','0');
CREATE TABLE mm_fill_marks (
	symbol TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	trade_id BIGINT NOT NULL, 
	client_order_id TEXT NOT NULL, 
	after_1s TEXT, 
	after_5s TEXT, 
	after_30s TEXT, 
	after_60s TEXT, 
	CONSTRAINT pk_mm_fill_marks PRIMARY KEY (symbol, account_id, trade_id, client_order_id), 
	CONSTRAINT fk_mm_fill_marks_fill FOREIGN KEY(symbol, account_id, trade_id, client_order_id) REFERENCES mm_fills (symbol, account_id, trade_id, client_order_id)
);
CREATE TABLE mm_fills (
	id INTEGER NOT NULL, 
	symbol TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	client_order_id TEXT NOT NULL, 
	participant_id TEXT NOT NULL, 
	side TEXT NOT NULL, 
	trade_id BIGINT NOT NULL, 
	level BIGINT NOT NULL, 
	price BIGINT NOT NULL, 
	size BIGINT NOT NULL, 
	fee BIGINT NOT NULL, 
	mid_x2 BIGINT NOT NULL, 
	tick_size TEXT NOT NULL, 
	lot_size TEXT NOT NULL, 
	ts_event BIGINT NOT NULL, 
	recorded_at BIGINT NOT NULL, 
	CONSTRAINT pk_mm_fills PRIMARY KEY (id), 
	CONSTRAINT fk_mm_fills_participant_id FOREIGN KEY(participant_id) REFERENCES mm_participants (participant_id), 
	CONSTRAINT fk_mm_fills_client_order_id FOREIGN KEY(client_order_id) REFERENCES mm_orders (client_order_id), 
	CONSTRAINT uq_mm_fills_symbol_account_id_trade_id_client_order_id UNIQUE (symbol, account_id, trade_id, client_order_id), 
	CONSTRAINT ck_mm_fills_side CHECK (side IN ('BUY', 'SELL')), 
	CONSTRAINT ck_mm_fills_size CHECK (size > 0)
);
INSERT INTO "mm_fills" VALUES(1,'BTCUSDT-PERP','account-beta','mm-0760a61e-BTCUSDT-PERP-0-SELL-1795913106075403106','0760a61e-6244-48c7-934f-6cc727c9188a','SELL',1016,0,999899,1,-4999495000,1999689,'0.1','0.001',1795913107636898497,1795913107685655762);
INSERT INTO "mm_fills" VALUES(2,'BTCUSDT-PERP','account-beta','mm-0760a61e-BTCUSDT-PERP-0-SELL-1795913106075403106','0760a61e-6244-48c7-934f-6cc727c9188a','SELL',1053,0,999899,19,-94990405000,1999689,'0.1','0.001',1795913107673453345,1795913107755817299);
INSERT INTO "mm_fills" VALUES(3,'BTCUSDT-PERP','account-acme','mm-4e98851e-BTCUSDT-PERP-0-SELL-1795913106075410942','4e98851e-a759-4308-af5d-8acb43ef7ec5','SELL',1054,0,999899,20,-99989900000,1999689,'0.1','0.001',1795913107673453345,1795913107755817299);
INSERT INTO "mm_fills" VALUES(4,'BTCUSDT-PERP','account-beta','mm-0760a61e-BTCUSDT-PERP-0-BUY-1795913109186815164','0760a61e-6244-48c7-934f-6cc727c9188a','BUY',1180,0,999879,20,-99987900000,1999819,'0.1','0.001',1795913110183611966,1795913110211883657);
INSERT INTO "mm_fills" VALUES(5,'BTCUSDT-PERP','account-acme','mm-4e98851e-BTCUSDT-PERP-0-BUY-1795913109186877126','4e98851e-a759-4308-af5d-8acb43ef7ec5','BUY',1179,0,999879,20,-99987900000,1999819,'0.1','0.001',1795913110183611966,1795913110211883657);
INSERT INTO "mm_fills" VALUES(6,'BTCUSDT-PERP','account-acme','mm-4e98851e-BTCUSDT-PERP-0-SELL-1795913112204437924','4e98851e-a759-4308-af5d-8acb43ef7ec5','SELL',1554,0,1000059,19,-95005605000,1999841,'0.1','0.001',1795913116220285396,1795913116239589034);
INSERT INTO "mm_fills" VALUES(7,'BTCUSDT-PERP','account-beta','mm-0760a61e-BTCUSDT-PERP-0-SELL-1795913112204403028','0760a61e-6244-48c7-934f-6cc727c9188a','SELL',1555,0,1000059,20,-100005900000,1999841,'0.1','0.001',1795913116220285396,1795913116239589034);
CREATE TABLE mm_funding (
	symbol TEXT NOT NULL, 
	participant_id TEXT NOT NULL, 
	ts_event BIGINT NOT NULL, 
	rate TEXT NOT NULL, 
	price TEXT NOT NULL, 
	position TEXT NOT NULL, 
	amount TEXT NOT NULL, 
	recorded_at BIGINT NOT NULL, 
	CONSTRAINT pk_mm_funding PRIMARY KEY (symbol, participant_id, ts_event), 
	CONSTRAINT fk_mm_funding_participant_id FOREIGN KEY(participant_id) REFERENCES mm_participants (participant_id)
);
CREATE TABLE mm_ledger (
	entry_id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	ref TEXT NOT NULL, 
	symbol TEXT NOT NULL, 
	participant_id TEXT NOT NULL, 
	ts_event BIGINT NOT NULL, 
	posted_at BIGINT NOT NULL, 
	cash TEXT NOT NULL, 
	inventory TEXT NOT NULL, 
	realised TEXT NOT NULL, 
	funding TEXT NOT NULL, 
	fees TEXT NOT NULL, 
	platform_share TEXT NOT NULL, 
	platform_due TEXT NOT NULL, 
	drawings TEXT NOT NULL, 
	quantity TEXT NOT NULL, 
	position TEXT NOT NULL, 
	cost TEXT NOT NULL, 
	CONSTRAINT pk_mm_ledger PRIMARY KEY (entry_id), 
	CONSTRAINT fk_mm_ledger_participant_id FOREIGN KEY(participant_id) REFERENCES mm_participants (participant_id), 
	CONSTRAINT uq_mm_ledger_kind_ref UNIQUE (kind, ref), 
	CONSTRAINT ck_mm_ledger_entry_id CHECK (entry_id >= 1)
);
INSERT INTO "mm_ledger" VALUES(1,'FILL','BTCUSDT-PERP|account-beta|1016|mm-0760a61e-BTCUSDT-PERP-0-SELL-1795913106075403106','BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a',1795913107636898497,1795913107685655762,'99.994899495000','-99.9899','0','0','-0.004999495000','0','0','0','-0.001','-0.001','99.9899');
INSERT INTO "mm_ledger" VALUES(2,'FILL','BTCUSDT-PERP|account-beta|1053|mm-0760a61e-BTCUSDT-PERP-0-SELL-1795913106075403106','BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a',1795913107673453345,1795913107755817299,'1899.903090405000','-1899.8081','0','0','-0.094990405000','0','0','0','-0.019','-0.020','1999.7980');
INSERT INTO "mm_ledger" VALUES(3,'FILL','BTCUSDT-PERP|account-acme|1054|mm-4e98851e-BTCUSDT-PERP-0-SELL-1795913106075410942','BTCUSDT-PERP','4e98851e-a759-4308-af5d-8acb43ef7ec5',1795913107673453345,1795913107755817299,'1999.897989900000','-1999.7980','0','0','-0.099989900000','0','0','0','-0.020','-0.020','1999.7980');
INSERT INTO "mm_ledger" VALUES(4,'FILL','BTCUSDT-PERP|account-beta|1180|mm-0760a61e-BTCUSDT-PERP-0-BUY-1795913109186815164','BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a',1795913110183611966,1795913110211883657,'-1999.658012100000','1999.7980','-0.0400','0','-0.099987900000','0','0','0','0.020','0.000','0.0000');
INSERT INTO "mm_ledger" VALUES(5,'FILL','BTCUSDT-PERP|account-acme|1179|mm-4e98851e-BTCUSDT-PERP-0-BUY-1795913109186877126','BTCUSDT-PERP','4e98851e-a759-4308-af5d-8acb43ef7ec5',1795913110183611966,1795913110211883657,'-1999.658012100000','1999.7980','-0.0400','0','-0.099987900000','0','0','0','0.020','0.000','0.0000');
INSERT INTO "mm_ledger" VALUES(6,'FILL','BTCUSDT-PERP|account-acme|1554|mm-4e98851e-BTCUSDT-PERP-0-SELL-1795913112204437924','BTCUSDT-PERP','4e98851e-a759-4308-af5d-8acb43ef7ec5',1795913116220285396,1795913116239589034,'1900.207105605000','-1900.1121','0','0','-0.095005605000','0','0','0','-0.019','-0.019','1900.1121');
INSERT INTO "mm_ledger" VALUES(7,'FILL','BTCUSDT-PERP|account-beta|1555|mm-0760a61e-BTCUSDT-PERP-0-SELL-1795913112204403028','BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a',1795913116220285396,1795913116239589034,'2000.218005900000','-2000.1180','0','0','-0.100005900000','0','0','0','-0.020','-0.020','2000.1180');
CREATE TABLE mm_marks (
	symbol TEXT NOT NULL, 
	ts BIGINT NOT NULL, 
	price TEXT NOT NULL, 
	CONSTRAINT pk_mm_marks PRIMARY KEY (symbol, ts)
);
CREATE TABLE mm_obligations (
	participant_id TEXT NOT NULL, 
	uptime_min_pct TEXT, 
	spread_max_bps TEXT, 
	depth_min_usdt TEXT, 
	version BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_mm_obligations PRIMARY KEY (participant_id), 
	CONSTRAINT fk_mm_obligations_participant_id FOREIGN KEY(participant_id) REFERENCES mm_participants (participant_id)
);
CREATE TABLE mm_orders (
	id INTEGER NOT NULL, 
	client_order_id TEXT NOT NULL, 
	symbol TEXT NOT NULL, 
	participant_id TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	side TEXT NOT NULL, 
	order_id BIGINT NOT NULL, 
	level BIGINT NOT NULL, 
	price BIGINT NOT NULL, 
	size BIGINT NOT NULL, 
	filled BIGINT NOT NULL, 
	reduce_only BOOLEAN NOT NULL, 
	status TEXT NOT NULL, 
	venue_order_id TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	tick_size TEXT NOT NULL, 
	lot_size TEXT NOT NULL, 
	config_version BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_mm_orders PRIMARY KEY (id), 
	CONSTRAINT fk_mm_orders_participant_id FOREIGN KEY(participant_id) REFERENCES mm_participants (participant_id), 
	CONSTRAINT uq_mm_orders_client_order_id UNIQUE (client_order_id), 
	CONSTRAINT uq_mm_orders_symbol_order_id UNIQUE (symbol, order_id), 
	CONSTRAINT ck_mm_orders_side CHECK (side IN ('BUY', 'SELL')), 
	CONSTRAINT ck_mm_orders_sizes CHECK (size > 0 AND filled >= 0)
);
INSERT INTO "mm_orders" VALUES(1,'mm-0760a61e-BTCUSDT-PERP-0-BUY-1795913106074032915','BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a','account-beta','BUY',1,0,999790,20,0,0,'CANCELED','','','0.1','0.001',3,1795913106074032915,1795913108123062872);
INSERT INTO "mm_orders" VALUES(2,'mm-4e98851e-BTCUSDT-PERP-0-BUY-1795913106075372047','BTCUSDT-PERP','4e98851e-a759-4308-af5d-8acb43ef7ec5','account-acme','BUY',2,0,999790,20,0,0,'CANCELED','','','0.1','0.001',3,1795913106075372047,1795913108123052244);
INSERT INTO "mm_orders" VALUES(3,'mm-0760a61e-BTCUSDT-PERP-0-SELL-1795913106075403106','BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a','account-beta','SELL',3,0,999899,20,20,0,'FILLED','','','0.1','0.001',3,1795913106075403106,1795913107690228729);
INSERT INTO "mm_orders" VALUES(4,'mm-4e98851e-BTCUSDT-PERP-0-SELL-1795913106075410942','BTCUSDT-PERP','4e98851e-a759-4308-af5d-8acb43ef7ec5','account-acme','SELL',4,0,999899,20,20,0,'FILLED','','','0.1','0.001',3,1795913106075410942,1795913107690245316);
INSERT INTO "mm_orders" VALUES(5,'mm-0760a61e-BTCUSDT-PERP-0-SELL-1795913108110794122','BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a','account-beta','SELL',5,0,999991,20,0,0,'CANCELED','','','0.1','0.001',3,1795913108110794122,1795913111200740318);
INSERT INTO "mm_orders" VALUES(6,'mm-4e98851e-BTCUSDT-PERP-0-SELL-1795913108110852262','BTCUSDT-PERP','4e98851e-a759-4308-af5d-8acb43ef7ec5','account-acme','SELL',6,0,999991,20,0,0,'CANCELED','','','0.1','0.001',3,1795913108110852262,1795913111200758957);
INSERT INTO "mm_orders" VALUES(7,'mm-0760a61e-BTCUSDT-PERP-0-BUY-1795913109186815164','BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a','account-beta','BUY',7,0,999879,20,20,0,'FILLED','','','0.1','0.001',3,1795913109186815164,1795913110189327548);
INSERT INTO "mm_orders" VALUES(8,'mm-4e98851e-BTCUSDT-PERP-0-BUY-1795913109186877126','BTCUSDT-PERP','4e98851e-a759-4308-af5d-8acb43ef7ec5','account-acme','BUY',8,0,999879,20,20,0,'FILLED','','','0.1','0.001',3,1795913109186877126,1795913110189343771);
INSERT INTO "mm_orders" VALUES(9,'mm-0760a61e-BTCUSDT-PERP-0-BUY-1795913111190353656','BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a','account-beta','BUY',9,0,999723,20,0,0,'CANCELED','','','0.1','0.001',3,1795913111190353656,1795913112216864114);
INSERT INTO "mm_orders" VALUES(10,'mm-4e98851e-BTCUSDT-PERP-0-BUY-1795913111190394443','BTCUSDT-PERP','4e98851e-a759-4308-af5d-8acb43ef7ec5','account-acme','BUY',10,0,999723,20,0,0,'CANCELED','','','0.1','0.001',3,1795913111190394443,1795913112216851336);
INSERT INTO "mm_orders" VALUES(11,'mm-0760a61e-BTCUSDT-PERP-0-SELL-1795913112204403028','BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a','account-beta','SELL',11,0,1000059,20,20,0,'FILLED','','','0.1','0.001',3,1795913112204403028,1795913116227018354);
INSERT INTO "mm_orders" VALUES(12,'mm-4e98851e-BTCUSDT-PERP-0-SELL-1795913112204437924','BTCUSDT-PERP','4e98851e-a759-4308-af5d-8acb43ef7ec5','account-acme','SELL',12,0,1000059,19,19,0,'FILLED','','','0.1','0.001',3,1795913112204437924,1795913116226995118);
INSERT INTO "mm_orders" VALUES(13,'mm-0760a61e-BTCUSDT-PERP-0-BUY-1795913113204775709','BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a','account-beta','BUY',13,0,999834,20,0,0,'CANCELED','','','0.1','0.001',3,1795913113204775709,1795913131374193188);
INSERT INTO "mm_orders" VALUES(14,'mm-4e98851e-BTCUSDT-PERP-0-BUY-1795913113204820359','BTCUSDT-PERP','4e98851e-a759-4308-af5d-8acb43ef7ec5','account-acme','BUY',14,0,999834,20,0,0,'CANCELED','','','0.1','0.001',3,1795913113204820359,1795913131374174742);
INSERT INTO "mm_orders" VALUES(15,'mm-0760a61e-BTCUSDT-PERP-0-SELL-1795913116406133980','BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a','account-beta','SELL',15,0,1000059,19,0,0,'CANCELED','','','0.1','0.001',3,1795913116406133980,1795913118516932621);
INSERT INTO "mm_orders" VALUES(16,'mm-4e98851e-BTCUSDT-PERP-0-SELL-1795913116406167532','BTCUSDT-PERP','4e98851e-a759-4308-af5d-8acb43ef7ec5','account-acme','SELL',16,0,1000059,20,0,0,'CANCELED','','','0.1','0.001',3,1795913116406167532,1795913118516950734);
INSERT INTO "mm_orders" VALUES(17,'mm-0760a61e-BTCUSDT-PERP-0-SELL-1795913119519852205','BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a','account-beta','SELL',17,0,999995,20,0,0,'CANCELED','','','0.1','0.001',3,1795913119519852205,1795913127916903597);
INSERT INTO "mm_orders" VALUES(18,'mm-4e98851e-BTCUSDT-PERP-0-SELL-1795913119519894001','BTCUSDT-PERP','4e98851e-a759-4308-af5d-8acb43ef7ec5','account-acme','SELL',18,0,999995,20,0,0,'CANCELED','','','0.1','0.001',3,1795913119519894001,1795913127914270200);
INSERT INTO "mm_orders" VALUES(19,'mm-0760a61e-BTCUSDT-PERP-0-SELL-1795913129003637387','BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a','account-beta','SELL',19,0,1000059,20,0,0,'CANCELED','','','0.1','0.001',3,1795913129003637387,1795913131374195388);
INSERT INTO "mm_orders" VALUES(20,'mm-4e98851e-BTCUSDT-PERP-0-SELL-1795913129003679212','BTCUSDT-PERP','4e98851e-a759-4308-af5d-8acb43ef7ec5','account-acme','SELL',20,0,1000059,19,0,0,'CANCELED','','','0.1','0.001',3,1795913129003679212,1795913131374189432);
CREATE TABLE mm_participants (
	participant_id TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	display_name TEXT NOT NULL, 
	revenue_model TEXT NOT NULL, 
	tier TEXT NOT NULL, 
	initial_margin_usdt TEXT NOT NULL, 
	max_drawdown_pct TEXT NOT NULL, 
	revenue_share_pct TEXT NOT NULL, 
	enrolled_by TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	status TEXT NOT NULL, 
	version BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_mm_participants PRIMARY KEY (participant_id)
);
INSERT INTO "mm_participants" VALUES('4e98851e-a759-4308-af5d-8acb43ef7ec5','user-acme','account-acme','acme','PERCENTAGE_SPLIT','TIER_1','100000','20','20','ops','','ACTIVE',2,1795913103953910566,1795913104075151881);
INSERT INTO "mm_participants" VALUES('0760a61e-6244-48c7-934f-6cc727c9188a','user-beta','account-beta','beta','PERCENTAGE_SPLIT','TIER_1','100000','20','20','ops','','ACTIVE',2,1795913104458295042,1795913104639967926);
CREATE TABLE mm_performance_daily (
	day BIGINT NOT NULL, 
	symbol TEXT NOT NULL, 
	participant_id TEXT NOT NULL, 
	eligible BIGINT NOT NULL, 
	valid BIGINT NOT NULL, 
	trades BIGINT NOT NULL, 
	uptime TEXT, 
	avg_spread_bps TEXT, 
	avg_depth_usdt TEXT, 
	volume_usdt TEXT NOT NULL, 
	realised_usdt TEXT NOT NULL, 
	fees_usdt TEXT NOT NULL, 
	spread_min_bps TEXT NOT NULL, 
	spread_max_bps TEXT NOT NULL, 
	depth_target_usdt TEXT NOT NULL, 
	volume_target_usdt TEXT NOT NULL, 
	spread_part TEXT, 
	depth_part TEXT, 
	volume_part TEXT, 
	q_score TEXT, 
	rolled_up_at BIGINT NOT NULL, 
	CONSTRAINT pk_mm_performance_daily PRIMARY KEY (day, symbol, participant_id), 
	CONSTRAINT fk_mm_performance_daily_participant_id FOREIGN KEY(participant_id) REFERENCES mm_participants (participant_id)
);
CREATE TABLE mm_pool_configs (
	symbol TEXT NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	check_staleness BOOLEAN NOT NULL, 
	vol_lookback_seconds BIGINT NOT NULL, 
	num_levels BIGINT NOT NULL, 
	gamma TEXT NOT NULL, 
	kappa TEXT NOT NULL, 
	tau TEXT NOT NULL, 
	level_spacing_bps TEXT NOT NULL, 
	min_spread_bps TEXT NOT NULL, 
	max_spread_bps TEXT NOT NULL, 
	order_size_usdt TEXT NOT NULL, 
	max_pool_position_usdt TEXT NOT NULL, 
	max_pool_loss_usdt TEXT NOT NULL, 
	staleness_threshold_ms TEXT NOT NULL, 
	quote_interval_ms TEXT NOT NULL, 
	price_threshold_bps TEXT NOT NULL, 
	options TEXT NOT NULL, 
	version BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_mm_pool_configs PRIMARY KEY (symbol)
);
INSERT INTO "mm_pool_configs" VALUES('BTCUSDT-PERP',0,1,60,1,'0.05','60','1.0','1','1','30','4000','60000','2000','2000','1000','2','{"balance":false,"cancel_reserve_pct":"25","capital_usdt":"0","estimators":"needed","ewma_half_life_seconds":"60","fair_price":"microprice","fill_window_seconds":"10","fills_in_window_max":0,"market_data_halt_seconds":"30","max_consumer_lag_ms":"0","max_drawdown_pct":"0","max_messages_per_second":100,"max_order_value_usdt":"0","min_edge_bps":"0","price_collar_bps":"500","rate_limit_errors_max":0,"rate_limit_window_seconds":"60","rebalance_threshold_pct":"10","rebalance_urgent_pct":"50","reduce_only_at_pct":"80","reject_storm_count":10,"strategy":"avellaneda_stoikov","strategy_params":{},"target_spread_bps":"0","target_uptime_pct":"95","use_cascade":false,"use_funding":false,"use_impact":false,"use_inventory_gamma":false,"use_kappa":"configured","use_toxicity":false,"venue":"sandbox","volatility":"realised","warmup_samples":20,"warmup_trades":50,"warmup_volume_ticks":20}',3,1795913103823047465,1795913104698861595);
CREATE TABLE mm_pool_members (
	symbol TEXT NOT NULL, 
	participant_id TEXT NOT NULL, 
	capital_weight_pct TEXT NOT NULL, 
	position_limit_usdt TEXT NOT NULL, 
	max_loss_usdt TEXT NOT NULL, 
	active BOOLEAN NOT NULL, 
	version BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_mm_pool_members PRIMARY KEY (symbol, participant_id), 
	CONSTRAINT fk_mm_pool_members_participant_id FOREIGN KEY(participant_id) REFERENCES mm_participants (participant_id), 
	CONSTRAINT fk_mm_pool_members_symbol FOREIGN KEY(symbol) REFERENCES mm_pool_configs (symbol) ON DELETE CASCADE
);
INSERT INTO "mm_pool_members" VALUES('BTCUSDT-PERP','4e98851e-a759-4308-af5d-8acb43ef7ec5','50','30000','1000',1,1,1795913104241667873,1795913104241667873);
INSERT INTO "mm_pool_members" VALUES('BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a','50','30000','1000',1,1,1795913104698861595,1795913104698861595);
CREATE TABLE mm_pool_states (
	id INTEGER NOT NULL, 
	symbol TEXT NOT NULL, 
	state TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	ts BIGINT NOT NULL, 
	config_version BIGINT NOT NULL, 
	CONSTRAINT pk_mm_pool_states PRIMARY KEY (id)
);
INSERT INTO "mm_pool_states" VALUES(1,'BTCUSDT-PERP','ACTIVE','anonymous','enabled',1795913106070711330,3);
INSERT INTO "mm_pool_states" VALUES(2,'BTCUSDT-PERP','PAUSED','anonymous','end',1795913131344701632,3);
CREATE TABLE mm_presence (
	hour BIGINT NOT NULL, 
	symbol TEXT NOT NULL, 
	participant_id TEXT NOT NULL, 
	eligible BIGINT NOT NULL, 
	valid BIGINT NOT NULL, 
	spread_sum_bps TEXT NOT NULL, 
	depth_sum_usdt TEXT NOT NULL, 
	spread_min_bps TEXT NOT NULL, 
	spread_max_bps TEXT NOT NULL, 
	depth_target_usdt TEXT NOT NULL, 
	volume_target_usdt TEXT NOT NULL, 
	CONSTRAINT pk_mm_presence PRIMARY KEY (hour, symbol, participant_id), 
	CONSTRAINT fk_mm_presence_participant_id FOREIGN KEY(participant_id) REFERENCES mm_participants (participant_id), 
	CONSTRAINT ck_mm_presence_counts CHECK (valid >= 0 AND valid <= eligible)
);
INSERT INTO "mm_presence" VALUES(1795910400000000000,'BTCUSDT-PERP','0760a61e-6244-48c7-934f-6cc727c9188a',2,2,'3.86034038','3999.3360','1','30','2000.0','30000.0');
INSERT INTO "mm_presence" VALUES(1795910400000000000,'BTCUSDT-PERP','4e98851e-a759-4308-af5d-8acb43ef7ec5',2,2,'3.86034038','3899.7801','1','30','2000.0','30000.0');
CREATE TABLE mm_settlement_runs (
	month TEXT NOT NULL, 
	watermark BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	created_by TEXT NOT NULL, 
	CONSTRAINT pk_mm_settlement_runs PRIMARY KEY (month)
);
CREATE TABLE mm_settlements (
	settlement_id TEXT NOT NULL, 
	participant_id TEXT NOT NULL, 
	month TEXT NOT NULL, 
	status TEXT NOT NULL, 
	revenue_model TEXT NOT NULL, 
	money_flow TEXT NOT NULL, 
	direction TEXT NOT NULL, 
	created_by TEXT NOT NULL, 
	approved_by TEXT NOT NULL, 
	rejected_by TEXT NOT NULL, 
	rejection_reason TEXT NOT NULL, 
	claimed_by TEXT NOT NULL, 
	paid_by TEXT NOT NULL, 
	wallet_txn_id TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	revision BIGINT NOT NULL, 
	period_start BIGINT NOT NULL, 
	period_end BIGINT NOT NULL, 
	watermark BIGINT NOT NULL, 
	entries BIGINT NOT NULL, 
	covered_ts BIGINT NOT NULL, 
	covered_entry BIGINT NOT NULL, 
	late_entries BIGINT NOT NULL, 
	trades BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	version BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	approved_at BIGINT, 
	realised_usdt TEXT NOT NULL, 
	fees_usdt TEXT NOT NULL, 
	rebates_usdt TEXT NOT NULL, 
	funding_usdt TEXT NOT NULL, 
	adjustments_usdt TEXT NOT NULL, 
	gross_exact_usdt TEXT NOT NULL, 
	gross_pnl_usdt TEXT NOT NULL, 
	volume_usdt TEXT NOT NULL, 
	unrealised_end_usdt TEXT, 
	platform_share_pct TEXT NOT NULL, 
	carry_in_usdt TEXT NOT NULL, 
	base_usdt TEXT NOT NULL, 
	platform_amount_usdt TEXT NOT NULL, 
	net_payout_usdt TEXT NOT NULL, 
	carry_out_usdt TEXT NOT NULL, 
	amount_usdt TEXT NOT NULL, 
	CONSTRAINT pk_mm_settlements PRIMARY KEY (settlement_id), 
	CONSTRAINT fk_mm_settlements_participant_id FOREIGN KEY(participant_id) REFERENCES mm_participants (participant_id), 
	CONSTRAINT fk_mm_settlements_month FOREIGN KEY(month) REFERENCES mm_settlement_runs (month), 
	CONSTRAINT uq_mm_settlements_participant_id_month_revision UNIQUE (participant_id, month, revision)
);
CREATE TABLE mm_transfers (
	transfer_id TEXT NOT NULL, 
	settlement_id TEXT NOT NULL, 
	payer TEXT NOT NULL, 
	payee TEXT NOT NULL, 
	status TEXT NOT NULL, 
	wallet_txn_id TEXT NOT NULL, 
	problem TEXT NOT NULL, 
	requested_by TEXT NOT NULL, 
	attempt BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	amount_usdt TEXT NOT NULL, 
	CONSTRAINT pk_mm_transfers PRIMARY KEY (transfer_id), 
	CONSTRAINT fk_mm_transfers_settlement_id FOREIGN KEY(settlement_id) REFERENCES mm_settlements (settlement_id), 
	CONSTRAINT uq_mm_transfers_settlement_id_attempt UNIQUE (settlement_id, attempt)
);
CREATE TABLE outbox (
	id INTEGER NOT NULL, 
	event_id TEXT NOT NULL, 
	topic TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	payload BLOB NOT NULL, 
	created_at BIGINT NOT NULL, 
	held_until BIGINT NOT NULL, 
	parked BOOLEAN NOT NULL, 
	published_at BIGINT, 
	CONSTRAINT pk_outbox PRIMARY KEY (id), 
	CONSTRAINT uq_outbox_event_id UNIQUE (event_id)
);
INSERT INTO "outbox" VALUES(1,'mm.state.changed.v1/6cd03700c7704fb19aa61ddae3c6d2bc','mm.state.changed.v1','BTCUSDT-PERP',X'7B226279223A22616E6F6E796D6F7573222C22636F6E6669675F76657273696F6E223A332C2270726576696F7573223A6E756C6C2C22726561736F6E223A22656E61626C6564222C227374617465223A22414354495645222C2273796D626F6C223A22425443555344542D50455250222C227473223A313739353931333130363037303731313333307D',1795913106121519874,1795913136239741967,0,1795913106304259730);
INSERT INTO "outbox" VALUES(2,'mm.state.changed.v1/a543f906a999456ab4182deebf8664dd','mm.state.changed.v1','BTCUSDT-PERP',X'7B226279223A22616E6F6E796D6F7573222C22636F6E6669675F76657273696F6E223A332C2270726576696F7573223A22414354495645222C22726561736F6E223A22656E64222C227374617465223A22504155534544222C2273796D626F6C223A22425443555344542D50455250222C227473223A313739353931333133313334343730313633327D',1795913131366300528,1795913161400115884,0,1795913131425489106);
CREATE INDEX ix_mm_pool_members_participant_id_symbol ON mm_pool_members (participant_id, symbol);
CREATE INDEX ix_mm_orders_created_at_id ON mm_orders (created_at, id);
CREATE INDEX ix_mm_orders_symbol_created_at_id ON mm_orders (symbol, created_at, id);
CREATE INDEX ix_mm_orders_participant_id_created_at_id ON mm_orders (participant_id, created_at, id);
CREATE INDEX ix_mm_orders_open ON mm_orders (symbol, order_id) WHERE status IN ('PENDING_NEW', 'LIVE', 'PENDING_CANCEL', 'UNKNOWN');
CREATE INDEX ix_mm_orders_venue ON mm_orders (symbol, venue_order_id) WHERE venue_order_id <> '';
CREATE INDEX ix_mm_fills_symbol_id ON mm_fills (symbol, id);
CREATE INDEX ix_mm_fills_ts_event_id ON mm_fills (ts_event, id);
CREATE INDEX ix_mm_fills_symbol_ts_event_id ON mm_fills (symbol, ts_event, id);
CREATE INDEX ix_mm_fills_participant_id_ts_event_id ON mm_fills (participant_id, ts_event, id);
CREATE INDEX ix_mm_pool_states_symbol_id ON mm_pool_states (symbol, id);
CREATE INDEX ix_audit_log_subject_seq ON audit_log (subject, seq);
CREATE INDEX ix_audit_log_target_seq ON audit_log (target, seq);
CREATE INDEX ix_outbox_waiting ON outbox (id) WHERE published_at IS NULL;
CREATE INDEX ix_outbox_waiting_key ON outbox ("key", id) WHERE published_at IS NULL;
CREATE INDEX ix_outbox_published_at ON outbox (published_at);
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);
CREATE TRIGGER mm_pool_members_weights_INSERT AFTER INSERT ON mm_pool_members
WHEN (
  SELECT sum(
    CAST(substr(w, 1, instr(w || '.', '.') - 1) AS INTEGER) * 1000000000000
    + CAST(substr(substr(w, instr(w || '.', '.') + 1) || '000000000000', 1, 12) AS INTEGER)
  )
  FROM (SELECT capital_weight_pct AS w FROM mm_pool_members WHERE symbol = NEW.symbol AND active)
) > 100000000000000
BEGIN
  SELECT RAISE(ABORT, 'Total capital weight would exceed 100%');
END;
CREATE TRIGGER mm_pool_members_weights_UPDATE AFTER UPDATE ON mm_pool_members
WHEN (
  SELECT sum(
    CAST(substr(w, 1, instr(w || '.', '.') - 1) AS INTEGER) * 1000000000000
    + CAST(substr(substr(w, instr(w || '.', '.') + 1) || '000000000000', 1, 12) AS INTEGER)
  )
  FROM (SELECT capital_weight_pct AS w FROM mm_pool_members WHERE symbol = NEW.symbol AND active)
) > 100000000000000
BEGIN
  SELECT RAISE(ABORT, 'Total capital weight would exceed 100%');
END;
CREATE TRIGGER audit_log_no_UPDATE BEFORE UPDATE ON audit_log
BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;
CREATE TRIGGER audit_log_no_DELETE BEFORE DELETE ON audit_log
BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;
CREATE INDEX ix_mm_ledger_participant_id_symbol_entry_id ON mm_ledger (participant_id, symbol, entry_id);
CREATE INDEX ix_mm_ledger_participant_id_entry_id ON mm_ledger (participant_id, entry_id);
CREATE INDEX ix_mm_ledger_participant_id_ts_event_entry_id ON mm_ledger (participant_id, ts_event, entry_id);
CREATE INDEX ix_mm_funding_ts_event_symbol_participant_id ON mm_funding (ts_event, symbol, participant_id);
CREATE INDEX ix_mm_marks_ts_symbol ON mm_marks (ts, symbol);
CREATE INDEX ix_mm_activity_symbol_hour ON mm_activity (symbol, hour);
CREATE INDEX ix_mm_activity_participant_id_hour ON mm_activity (participant_id, hour);
CREATE INDEX ix_mm_presence_participant_id_hour ON mm_presence (participant_id, hour);
CREATE INDEX ix_mm_performance_daily_participant_id_day_symbol ON mm_performance_daily (participant_id, day, symbol);
CREATE INDEX ix_mm_performance_daily_symbol_day_participant_id ON mm_performance_daily (symbol, day, participant_id);
CREATE INDEX ix_mm_settlements_month_participant_id_revision ON mm_settlements (month, participant_id, revision);
CREATE INDEX ix_mm_settlements_status_month_participant_id_revision ON mm_settlements (status, month, participant_id, revision);
CREATE UNIQUE INDEX uq_mm_settlements_standing ON mm_settlements (participant_id, month) WHERE status <> 'REJECTED';
CREATE UNIQUE INDEX uq_mm_settlements_chain ON mm_settlements (participant_id, covered_ts) WHERE status <> 'REJECTED';
CREATE UNIQUE INDEX uq_mm_transfers_one ON mm_transfers (settlement_id) WHERE status <> 'REFUSED';
CREATE INDEX ix_mm_transfers_under_way ON mm_transfers (created_at, transfer_id) WHERE status IN ('REQUESTED', 'UNKNOWN');
CREATE TRIGGER mm_ledger_no_UPDATE BEFORE UPDATE ON mm_ledger
BEGIN
  SELECT RAISE(ABORT, 'mm_ledger is append-only');
END;
CREATE TRIGGER mm_ledger_no_DELETE BEFORE DELETE ON mm_ledger
BEGIN
  SELECT RAISE(ABORT, 'mm_ledger is append-only');
END;
CREATE TRIGGER mm_settlement_runs_no_UPDATE BEFORE UPDATE ON mm_settlement_runs
BEGIN
  SELECT RAISE(ABORT, 'mm_settlement_runs is append-only');
END;
CREATE TRIGGER mm_settlement_runs_no_DELETE BEFORE DELETE ON mm_settlement_runs
BEGIN
  SELECT RAISE(ABORT, 'mm_settlement_runs is append-only');
END;
CREATE TRIGGER mm_settlements_kept BEFORE DELETE ON mm_settlements
BEGIN
  SELECT RAISE(ABORT, 'mm_settlements: records are kept');
END;
CREATE TRIGGER mm_settlements_frozen BEFORE UPDATE ON mm_settlements
WHEN OLD.settlement_id IS NOT NEW.settlement_id OR OLD.participant_id IS NOT NEW.participant_id OR OLD.month IS NOT NEW.month OR OLD.revision IS NOT NEW.revision OR OLD.period_start IS NOT NEW.period_start OR OLD.period_end IS NOT NEW.period_end OR OLD.watermark IS NOT NEW.watermark OR OLD.covered_ts IS NOT NEW.covered_ts OR OLD.covered_entry IS NOT NEW.covered_entry OR OLD.entries IS NOT NEW.entries OR OLD.late_entries IS NOT NEW.late_entries OR OLD.realised_usdt IS NOT NEW.realised_usdt OR OLD.fees_usdt IS NOT NEW.fees_usdt OR OLD.rebates_usdt IS NOT NEW.rebates_usdt OR OLD.funding_usdt IS NOT NEW.funding_usdt OR OLD.adjustments_usdt IS NOT NEW.adjustments_usdt OR OLD.gross_exact_usdt IS NOT NEW.gross_exact_usdt OR OLD.gross_pnl_usdt IS NOT NEW.gross_pnl_usdt OR OLD.unrealised_end_usdt IS NOT NEW.unrealised_end_usdt OR OLD.volume_usdt IS NOT NEW.volume_usdt OR OLD.trades IS NOT NEW.trades OR OLD.revenue_model IS NOT NEW.revenue_model OR OLD.platform_share_pct IS NOT NEW.platform_share_pct OR OLD.carry_in_usdt IS NOT NEW.carry_in_usdt OR OLD.base_usdt IS NOT NEW.base_usdt OR OLD.platform_amount_usdt IS NOT NEW.platform_amount_usdt OR OLD.net_payout_usdt IS NOT NEW.net_payout_usdt OR OLD.carry_out_usdt IS NOT NEW.carry_out_usdt OR OLD.money_flow IS NOT NEW.money_flow OR OLD.direction IS NOT NEW.direction OR OLD.amount_usdt IS NOT NEW.amount_usdt OR OLD.created_by IS NOT NEW.created_by OR OLD.created_at IS NOT NEW.created_at
BEGIN
  SELECT RAISE(ABORT, 'mm_settlements: amounts are frozen');
END;
COMMIT;
